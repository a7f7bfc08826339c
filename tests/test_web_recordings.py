"""Recordings on the files page: faces are found once; people are left visible, boxes drawn, the style changed after."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import Clip, make
from films import film, nobody_looks, pictures, told
from pages import Site, Visitor, photo, running
from PIL import Image
from scenes import Scene, sway, walk

from streamblur import Settings
from streamblur.faces import file
from streamblur.faces.edits import applied
from streamblur.values import Box
from streamblur.web import recording
from streamblur.web.guard import REPORT_POLICY
from streamblur.web.limits import Limits
from streamblur.web.names import FACES
from streamblur.web.recording import AGAIN, Changes
from streamblur.web.reporting import Hears, Witness

FILM = Scene([sway(120, 180, 60, 40), sway(330, 180, 60, 30), walk((520, 190), (-1, 0), 80, 0, 60)], frames=60)
FAST = Settings(preset="ultrafast", crf=14)


@pytest.fixture
def party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[list[Box]]]:
    """A recording with three faces, of which the first two are found, in the working folder."""
    monkeypatch.chdir(tmp_path)
    truth = film(tmp_path / "party.mp4", FILM)
    told(monkeypatch, [boxes[:2] for boxes in truth])
    return tmp_path / "party.mp4", truth


def written(source: Path, changes: Changes, settings: Settings = FAST) -> Any:
    """What the child does for a job."""
    settings = replace(settings, force=True)
    hears = Hears(lambda _: None, Witness(settings, source), lambda done, total: None)
    return recording.hidden(settings, source, Path("out.mp4"), changes, hears)


def hides(source: Path, truth: list[list[Box]], frame: int) -> list[bool]:
    """Which of the three faces are hidden in what was written."""
    before, after = pictures(source)[frame].astype(int), pictures(Path("out.mp4"))[frame]
    parts = [np.s_[int(b.top) : int(b.bottom), int(b.left) : int(b.right)] for b in truth[frame]]
    return [bool(np.abs(before[part] - after[part]).mean() > 8) for part in parts]


def share(box: Box) -> tuple[float, ...]:
    return box.left / 640, box.top / 360, box.right / 640, box.bottom / 360


def test_faces_are_found_once_and_left_visible_by_number(
    party: tuple[Path, list[list[Box]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, truth = party
    summary, faces = written(source, Changes())
    assert (summary.tracks, hides(source, truth, 30)) == (2, [True, True, False])
    about = recording.told(faces)
    left, right = sorted(about["faces"], key=lambda face: face["box"][0])
    assert about["kept"] == []
    assert right["box"] == pytest.approx(share(truth[round(right["time"] * 25)][1]), abs=0.02)
    nobody_looks(monkeypatch)
    _, faces = written(source, Changes(frozenset([right["id"], 999])), replace(FAST, style="solid"))
    assert hides(source, truth, 30) == [True, False, False]
    about = recording.told(faces)
    assert (about["kept"], len(about["faces"])) == ([right["id"]], 2)
    written(source, Changes(frozenset([left["id"]])))
    assert hides(source, truth, 30) == [False, True, False]
    written(source, Changes())
    assert hides(source, truth, 30) == [True, True, False]
    assert [edit["do"] for edit in file.read(Path(FACES)).edits] == ["keep", "keep", "cover", "cover"]


def test_a_box_drawn_on_one_frame_is_followed_and_outlives_another_look(
    party: tuple[Path, list[list[Box]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, truth = party
    written(source, Changes())
    with monkeypatch.context() as patch:
        nobody_looks(patch)
        summary, faces = written(source, Changes(boxes=((30 / 25, share(truth[30][2])),)))
    assert len(applied(faces).tracks[-1].frames) > 50
    for frame in (5, 30, 55):
        assert hides(source, truth, frame) == [True] * 3
    assert AGAIN not in summary.notes

    number = min(track.id for track in faces.tracks)
    written(source, Changes(frozenset([number])))
    assert hides(source, truth, 30).count(False) == 1
    summary, faces = written(source, Changes(frozenset([number])), replace(FAST, confidence=0.3))
    assert hides(source, truth, 30) == [True] * 3, "numbers mean nothing after another look: all are hidden"
    assert AGAIN in summary.notes
    assert recording.told(faces)["kept"] == []


def test_the_first_time_boxes_may_come_along(party: tuple[Path, list[list[Box]]]) -> None:
    source, truth = party
    written(source, Changes(boxes=((1.2, share(truth[30][2])),)))
    assert hides(source, truth, 50) == [True] * 3


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=2)) as site:
        yield site


@pytest.fixture
def sent(site: Site, tmp_path: Path) -> tuple[Visitor, str, bytes]:
    """A recording that is done; the fixed detector of these tests sees one face at a fifth of it."""
    clip = make(tmp_path / "a.mp4", Clip(times=tuple(range(25)), size=(320, 180))).read_bytes()
    visitor = site.visitor()
    job = visitor.send(clip, "a.mp4", {"preset": "ultrafast", "style": "solid"}).json["id"]
    about = visitor.ended(job)
    assert about["state"] == "done", about
    assert [face["id"] for face in about["faces"]] == [1]
    return visitor, job, clip


def flat(jpeg: bytes, box: tuple[float, float, float, float]) -> bool:
    """Whether a part of the picture is of one colour, as the style solid leaves it."""
    image = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"), float)
    high, wide = image.shape
    return bool(image[int(box[1] * high) : int(box[3] * high), int(box[0] * wide) : int(box[2] * wide)].std() < 4)


def test_a_preview_shows_who_is_left_visible_and_boxes_where_they_were_drawn(sent: tuple[Visitor, str, bytes]) -> None:
    visitor, job, _ = sent

    def preview(moment: float, **edits: Any) -> bytes:
        body = {"settings": {"style": "solid", "preset": "ultrafast"}, "time": moment, "edits": edits}
        answer = visitor.ask("POST", f"/api/jobs/{job}/preview", body)
        assert answer.status == 200, answer
        return base64.b64decode(answer.json["image"])

    face, corner = (0.22, 0.22, 0.48, 0.58), (0.42, 0.0, 0.58, 0.1)
    assert flat(preview(0.5), face)
    assert not flat(preview(0.5, keep=[1]), face)
    assert not flat(preview(0.5), corner)
    drawn = [{"time": 0.5, "box": [0.4, 0.0, 0.6, 0.11]}]
    assert flat(preview(0.5, boxes=drawn), corner)
    assert not flat(preview(0.2, boxes=drawn), corner)


def test_what_is_switched_off_comes_back_visible_and_a_review_knows(
    site: Site, sent: tuple[Visitor, str, bytes], tmp_path: Path
) -> None:
    visitor, job, clip = sent
    (tmp_path / "in.mp4").write_bytes(clip)

    def face_is_hidden() -> bool:
        (tmp_path / "out.mp4").write_bytes(visitor.ask("GET", f"/api/jobs/{job}/result").body)
        was, now = (pictures(tmp_path / name)[12][40:100, 70:150].astype(int) for name in ("in.mp4", "out.mp4"))
        return bool(np.abs(was - now).mean() > 8)

    assert face_is_hidden()
    body = {"settings": {"preset": "ultrafast", "style": "solid"}, "edits": {"keep": [1]}}
    assert visitor.ask("POST", f"/api/jobs/{job}/render", body).status == 200
    about = visitor.ended(job)
    assert (about["state"], about["edits"], about["run"], about["wrote"]) == ("done", {"keep": [1]}, 2, 0)
    assert [face["id"] for face in about["faces"]] == [1]
    assert not face_is_hidden()

    review = visitor.ask("POST", f"/api/jobs/{job}/review", {}).json["id"]
    until(lambda: visitor.ask("GET", f"/api/reviews/{review}").json["state"] == "ready")
    assert visitor.ask("GET", f"/api/reviews/{review}").json["progress"] == {}, "nobody looked again"
    assert visitor.ask("POST", f"/api/reviews/{review}/edits", {"do": "cover", "track": 1}).status == 200
    visitor.ask("POST", f"/api/reviews/{review}/render", {})
    until(lambda: visitor.ask("GET", f"/api/jobs/{job}").json["wrote"] == 1)
    about = visitor.ask("GET", f"/api/jobs/{job}").json
    assert (about["edits"], about["run"], about["summary"]["tracks"]) == ({}, 2, 1)
    for language, said in (("en", "1 face was found"), ("zh", "发现并跟踪 1 张人脸")):
        assert said in visitor.ask("GET", f"/api/jobs/{job}/report?language={language}").body.decode()
    assert face_is_hidden()


@pytest.mark.parametrize("content", [None, photo(2, (160, 120))])
def test_a_report_comes_with_every_result_and_may_run_nothing(
    sent: tuple[Visitor, str, bytes], content: bytes | None
) -> None:
    visitor, job, _ = sent
    if content is not None:
        job = visitor.send(content, "family <b>.jpg").json["id"]
        visitor.ended(job)
    answer = visitor.ask("GET", visitor.ask("GET", f"/api/jobs/{job}").json["report"])
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == REPORT_POLICY
    assert REPORT_POLICY.startswith("sandbox; default-src 'none'")
    assert "script-src" not in REPORT_POLICY
    page = answer.body.decode()
    assert ("a_blurred.mp4" if content is None else "family b_blurred.jpg") in page
    assert "1 face" in page
    assert "data:image/jpeg" in page
    assert "recording.mp4" not in page
    assert "photo.jpg" not in page
    assert str(visitor.site.root) not in page
    assert visitor.site.visitor().ask("GET", f"/api/jobs/{job}/report").status == 404


def test_a_report_is_in_the_language_asked_for(sent: tuple[Visitor, str, bytes]) -> None:
    visitor, job, _ = sent
    report = visitor.ask("GET", f"/api/jobs/{job}").json["report"]
    pages = {tag: visitor.ask("GET", f"{report}?language={tag}") for tag in ("en", "zh", "fr", "../en")}
    assert [answer.status for answer in pages.values()] == [200, 200, 400, 400]
    assert pages["en"].body == visitor.ask("GET", report).body
    chinese = pages["zh"].body.decode()
    assert '<html lang="zh-Hans">' in chinese
    assert "发现并跟踪 1 张人脸" in chinese
    assert "已去除" in chinese or "除画面和声音外" in chinese
    assert pages["zh"].headers["content-security-policy"] == REPORT_POLICY


def test_boxes_that_are_followed_tell_how_far(site: Site, tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", Clip(times=tuple(range(25)), size=(320, 180))).read_bytes()
    visitor = site.visitor()
    settings = {"preset": "ultrafast", "codec": "test-slow"}
    job = visitor.send(clip, "a.mp4", settings).json["id"]
    assert visitor.ended(job)["state"] == "done"
    drawn = [{"time": 0.5, "box": [0.4, 0.1, 0.6, 0.4]}, {"time": 0.4, "box": [0.6, 0.5, 0.8, 0.9]}]
    visitor.ask("POST", f"/api/jobs/{job}/render", {"settings": settings, "edits": {"boxes": drawn}})
    events = visitor.ask("GET", f"/api/jobs/{job}/events").body.decode()
    told = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done"
    shares = [each["progress"]["following"] for each in told if each["state"] == "running"]
    known = [share for share in shares if share is not None]
    assert known == sorted(known)
    assert len(set(known)) > 2
    assert 0 <= known[0] < 0.5 < known[-1] < 1
    assert None not in shares[shares.index(known[0]) : len(shares) - shares[::-1].index(known[-1])]


def until(done: Any, limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "edits",
    [{"off": [[0.2, 0.2, 0.5, 0.6]]}, {"keep": ["1"]}, {"keep": [True]}, {"keep": 1}, {"boxes": [[0, 0, 1, 1]]},
     {"boxes": [{"time": -1, "box": [0, 0, 1, 1]}]}, {"boxes": [{"time": 0, "box": [0, 0, 0, 0]}]}],
)  # fmt: skip
def test_edits_that_mean_nothing_are_refused_and_the_result_stays(
    sent: tuple[Visitor, str, bytes], edits: dict[str, Any]
) -> None:
    visitor, job, _ = sent
    answer = visitor.ask("POST", f"/api/jobs/{job}/render", {"edits": edits})
    assert (answer.status, answer.code) == (400, "settings")
    assert visitor.ask("GET", f"/api/jobs/{job}/result").status == 200
