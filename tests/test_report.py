"""The report: true, self-contained, harmless whatever files are called, and enough to do the run again."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner
from films import film, nobody_looks, pictures, told
from PIL import Image
from scenes import SCENES

from streamblur import InputError, OutputError, Settings, Summary, compose
from streamblur.cli import main
from streamblur.faces import Faces, FaceTrack, Fingerprint
from streamblur.findings import Finding, Verified
from streamblur.proving import Proof, prove, reproduced
from streamblur.report import Card, File, Picture, Told, as_json, as_page, contact_sheet, schema, spots
from streamblur.values import Box

FAST: dict[str, Any] = {"preset": "ultrafast", "crf": 4}
NASTY = "<img src=x onerror=alert(1)>&\"' \x1b[2J\u202e.mp4"


class Outside(HTMLParser):
    """Collects everything by which a page could reach for something, or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("href", "action", "srcset", "data", "formaction"):
                self.found.append(f"{tag} {name}")
            if name == "src" and not (value or "").startswith("data:image/jpeg;base64,"):
                self.found.append(f"{tag} {value}")


def safe(page: str) -> set[str]:
    """The tags of a page that reaches for nothing."""
    reader = Outside()
    reader.feed(page)
    assert reader.found == []
    assert not reader.tags & {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import|https?://", page)
    return reader.tags


def made(count: int = 40, tracks: int = 2, name: str = "a.mp4") -> Told:
    """A report of so many frames and tracks, made up."""
    frames, rng = np.arange(count), np.random.default_rng(0)
    faces = Faces(
        Fingerprint("0" * 64, 5, count, 640, 360, 1),
        Fraction(1, 30),
        frames,
        tuple(
            FaceTrack(
                n,
                frames,
                np.tile(np.array([1000, 1000, 3000, 4000]), (count, 1)),
                (frames % 6 == 0).astype(np.int64),
                rng.integers(300, 1000, count),
            )
            for n in range(1, tracks + 1)
        ),
        ("yunet",),
        looked=frames[::6],
        cuts=frames[5:6],
        curtain=frames[7:9],
    )
    finding = Finding(0.2, 0.4, 6, Box(1, 2, 30, 40), 0.9, 0.5, 0.3, 1)
    verified = Verified((finding,), count, 9, ("YuNet, mirrored",), True, True, 1.5)
    summary = Summary(
        count, tracks, count * tracks, 3.0, Path("/secret/folder") / name, ("dropped 1 <b>data</b> track",)
    )
    return Told(
        File(name, "1" * 64, 7), File(name, "2" * 64, 9), summary, {"style": "blur", "every": None}, faces, verified
    )


def test_it_holds_no_pixel_of_the_input_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, output = tmp_path / "two people.mp4", tmp_path / "safe.mp4"
    told(monkeypatch, film(clip, SCENES["two"]))
    prove(Settings(**FAST), clip, output, Proof(tmp_path / "r.html"))
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert {"table", "svg", "img", "dl"} <= safe(page)
    assert str(tmp_path) not in page
    for name in ("two people.mp4", "safe.mp4", "was not looked at again", "50 frames", "2 faces"):
        assert name in page
    shown = [np.asarray(Image.open(BytesIO(base64.b64decode(data)))) for data in re.findall(r"base64,([^\"]+)", page)]
    assert len(shown) == 3
    whole = max(shown, key=lambda image: image.size)
    before, after = pictures(clip), pictures(output)
    size = whole.shape[1::-1]
    near = [_apart(whole, frames, size) for frames in (before, after)]
    assert near[1] < near[0] / 2


def _apart(picture: Any, frames: list[Any], size: tuple[int, int]) -> float:
    """The greatest difference in any block from the frame that is nearest."""

    def blocks(image: Any) -> Any:
        return np.asarray(Image.fromarray(image).resize((size[0] // 8, size[1] // 8), Image.Resampling.BOX), np.int16)

    return float(min(np.abs(blocks(picture) - blocks(frame)).max() for frame in frames))


def test_names_are_text_and_nothing_else() -> None:
    page = as_page(made(name=NASTY))
    assert "img" not in safe(page)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "dropped 1 &lt;b&gt;data&lt;/b&gt; track" in page
    assert "/secret" not in page
    assert "/secret" not in json.dumps(as_json(made(name=NASTY)))


def test_of_files_in_the_settings_it_has_the_name_only() -> None:
    chosen = Settings(style="picture", picture="/home/me/smile.png", watermark="/home/me/Logo.PNG")
    assert (chosen.told()["picture"], chosen.told()["watermark"]) == ("smile.png", "Logo.PNG")
    assert Settings(watermark="mine/yours").told()["watermark"] == "mine/yours"


def test_it_says_what_the_readme_says_was_measured() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    both = re.search(r"with YuNet \| (\d+) of ([\d,]+) \((.*?)\)", readme)
    one = re.search(r"MediaPipe alone \| (\d+) of ([\d,]+) \((.*?)\)", readme)
    assert both is not None
    assert one is not None
    (with_yunet, of, bound), (alone, _, other) = both.groups(), one.groups()
    page = as_page(made())
    assert f"({of} faces on frames, at least 24 pixels wide" in page
    assert f"left visible: {with_yunet} with YuNet ({bound}), {alone} with MediaPipe alone ({other})." in page


def test_a_photo_is_told_as_one() -> None:
    told_ = made(1, 2, "a.jpg")
    page = as_page(replace(told_, summary=replace(told_.summary, still=True)))
    assert "a.jpg (1 picture) was searched for faces. 2 faces were found, and covered with the style" in page
    assert "checked on 1 picture, the original beside it" in page
    assert "looks" not in page[page.index("Summary") : page.index("Look here")]


def test_the_riskiest_comes_first() -> None:
    told_ = made()
    assert told_.verified is not None
    found = spots(told_.faces, told_.verified.findings)
    assert found[0].why == "a face can be seen in the output"
    assert found[1].why == "the whole picture is hidden"
    assert [spot.risk for spot in found] == sorted((spot.risk for spot in found), reverse=True)


def test_the_json_keeps_to_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(json.dumps(as_json(made())))
    jsonschema.validate(document, schema())
    jsonschema.validate(json.loads(json.dumps(as_json(replace(made(), verified=None)))), schema())


def test_an_hour_is_a_small_page(tmp_path: Path) -> None:
    pictures_ = [Picture(n or None, 0, bytes(6000)) for n in range(121)]
    page = as_page(replace(made(108_000, 5), pictures=pictures_))
    assert len(page.encode()) < 2_000_000
    safe(page)


def test_a_sheet_shows_what_is_to_be_looked_at_first() -> None:
    page = contact_sheet(
        [Card("b.jpg", 3, "done", "good", b"jpeg"), Card(NASTY, 0, "failed", "bad"), Card("a.jpg", 1, "done", "good")]
    )
    assert safe(page) >= {"figure", "img"}
    assert "3 files, 4 faces hidden, 1 to look at." in page
    assert page.index("failed") < page.index("a.jpg") < page.index("b.jpg")


def test_a_run_can_be_done_again_from_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, report = tmp_path / "in.mp4", tmp_path / "r.json"
    told(monkeypatch, film(clip, SCENES["crossing"]))
    asked = ["--style", "solid", "--margin", "0.3", "--region", "1,2,30,40", "--preset", "ultrafast", "--crf", "8"]
    first = CliRunner().invoke(
        main, ["blur", str(clip), "-o", str(tmp_path / "a.mp4"), *asked, "--report", str(report)]
    )
    assert first.exit_code == 0, first.output
    nobody_looks(monkeypatch)
    again = ["blur", str(clip), "-o", str(tmp_path / "b.mp4"), "--from-report", str(report)]
    result = CliRunner().invoke(main, again)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    other = CliRunner().invoke(main, [*again, "--style", "blur", "--force"])
    assert other.exit_code == 0, other.output
    assert (tmp_path / "a.mp4").read_bytes() != (tmp_path / "b.mp4").read_bytes()


def test_a_face_that_was_kept_stays_so_when_it_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, report = tmp_path / "in.mp4", tmp_path / "r.json"
    told(monkeypatch, film(clip, SCENES["two"]))
    assert CliRunner().invoke(main, ["detect", str(clip)]).exit_code == 0
    asked = ["--faces", f"{clip}.faces.json", "--keep-face", "1", "--preset", "ultrafast", "--report", str(report)]
    assert CliRunner().invoke(main, ["blur", str(clip), "-o", str(tmp_path / "a.mp4"), *asked]).exit_code == 0
    asked = ["-o", str(tmp_path / "b.mp4"), "--from-report", str(report)]
    assert CliRunner().invoke(main, ["blur", str(clip), *asked]).exit_code == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_what_a_person_drew_is_told_as_such_and_not_doubted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "in.mp4"
    told(monkeypatch, film(clip, SCENES["two"]))
    faces = compose.detect(Settings(), clip)
    drawn = {"do": "box", "id": 9, "box": [5, 5, 60, 70], "start": 0, "end": int(faces.times[30])}
    proved = prove(Settings(**FAST), clip, tmp_path / "o.mp4", Proof(faces=replace(faces, edits=(drawn,))))
    assert [track.id for track in proved.faces.tracks if track.added] == [9]
    assert 9 not in [spot.track for spot in spots(proved.faces)]


@pytest.mark.parametrize("harm", [{"format": "x"}, {"rows": 1}, {"faces": {}}, {"extra": 1}, {"settings": []}])
def test_what_is_no_report_is_refused(tmp_path: Path, harm: dict[str, Any]) -> None:
    place = tmp_path / "r.json"
    place.write_text(json.dumps({**as_json(made()), **harm}))
    with pytest.raises(InputError, match=r"r\.json is no sound"):
        reproduced(place)


@pytest.mark.parametrize("harm", [{"margin": "wide"}, {"style": 5}, {"keep": []}, {"region": [1]}, {"margin": 99}])
def test_settings_that_are_none_are_one_sentence(tmp_path: Path, harm: dict[str, Any], meeting: Path) -> None:
    place = tmp_path / "r.json"
    document = as_json(made())
    place.write_text(json.dumps({**document, "settings": harm}))
    asked = ["blur", str(meeting), "-o", str(tmp_path / "b.mp4"), "--from-report", str(place)]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code in (1, 2)
    assert not isinstance(result.exception, (TypeError, ValueError, AttributeError)), result.exception
    assert not (tmp_path / "b.mp4").exists()


@pytest.mark.parametrize("name", ["out.mp4", "report.txt", "in.mp4", "no/folder.html"])
def test_a_report_replaces_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    clip = tmp_path / "in.mp4"
    told(monkeypatch, film(clip, replace(SCENES["two"], frames=2)))
    before = clip.read_bytes()
    with pytest.raises(OutputError):
        prove(Settings(force=True, **FAST), clip, tmp_path / "out.mp4", Proof(tmp_path / name))
    assert [place.name for place in tmp_path.iterdir()] == ["in.mp4"]
    assert clip.read_bytes() == before


def test_a_file_of_the_other_kind_says_which_option_is_meant(tmp_path: Path, meeting: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(as_json(made())))
    (tmp_path / "f.json").write_text(json.dumps(as_json(made())["faces"]))
    for option, name, other in (("--faces", "r.json", "--from-report"), ("--from-report", "f.json", "--faces")):
        result = CliRunner().invoke(main, ["blur", str(meeting), option, str(tmp_path / name)])
        assert result.exit_code == 1
        assert other in result.output


def test_the_two_ways_to_say_who_is_where_exclude_each_other(meeting: Path) -> None:
    result = CliRunner().invoke(main, ["blur", str(meeting), "--faces", "a", "--from-report", "b"])
    assert result.exit_code == 2
