"""The faces file: the same masks as a direct run, edits, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner
from films import film, nobody_looks, pictures, told
from PIL import Image
from scenes import SCENES

from streamblur import InputError, OutputError, Settings, SettingsError, compose
from streamblur.cli import main
from streamblur.faces import Faces, file, outward
from streamblur.faces.edits import applied
from streamblur.faces.schema import NotValid, check
from streamblur.values import Box, Cover

FAST: dict[str, Any] = {"preset": "ultrafast", "crf": 4}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Faces, list[list[Box]]]:
    """Two people who keep apart: the recording, its faces, the truth."""
    place = tmp_path_factory.mktemp("film") / "two.mp4"
    truth = film(place, SCENES["two"])
    with pytest.MonkeyPatch.context() as patch:
        told(patch, truth)
        return place, compose.detect(Settings(), place), truth


def covers(decided: list[Any]) -> list[list[Cover]]:
    return [list(each.covers) for each in decided]


@pytest.mark.parametrize("name", ["two", "crossing", "cuts", "occluded", "leaving"])
def test_a_round_trip_hides_the_same_to_the_bit(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, direct, again = tmp_path / "in.mp4", tmp_path / "direct.mp4", tmp_path / "again.mp4"
    told(monkeypatch, film(clip, SCENES[name]))
    seen: list[Any] = []
    compose.run(Settings(**FAST), clip, direct, witness=seen.append)
    file.write(compose.detect(Settings(), clip), tmp_path / "faces.json")
    nobody_looks(monkeypatch)
    recalled: list[Any] = []
    faces = file.read(tmp_path / "faces.json")
    compose.run(Settings(**FAST), clip, again, witness=recalled.append, faces=faces)
    near = [[replace(cover, score=round(cover.score, 3)) for cover in each] for each in covers(seen)]
    assert covers(recalled) == near
    assert any(near)
    assert [(d.looked, d.cut, d.curtain) for d in recalled] == [(d.looked, d.cut, d.curtain) for d in seen]
    assert direct.read_bytes() == again.read_bytes()


def test_nothing_that_looks_is_imported(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, _ = two
    file.write(faces, tmp_path / "faces.json")
    code = (
        "import sys; from streamblur.cli import main\n"
        f"try: main(['blur', {str(clip)!r}, '--faces', {str(tmp_path / 'faces.json')!r}, '-o', "
        f"{str(tmp_path / 'o.mp4')!r}, '--preset', 'ultrafast'])\n"
        "except SystemExit as e: assert not e.code, e.code\n"
        "print([m for m in sys.modules if 'mediapipe' in m or m.startswith(('streamblur.det', 'streamblur.tra'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


def test_the_pages_of_a_file_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    pages = [Image.fromarray(rng.integers(0, 255, (90, 120, 3), np.uint8)) for _ in range(3)]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:])
    box = Box(20, 30, 60, 80)
    told(monkeypatch, [[box]] * 1024)
    faces = compose.detect(Settings(region=("0,0,9,9@1-2",)), tmp_path / "in.tif")
    assert [track.id for track in faces.tracks] == [1, 2, 3]
    compose.run(Settings(region=("0,0,9,9@1-2",)), tmp_path / "in.tif", tmp_path / "direct.tif")
    nobody_looks(monkeypatch)
    compose.run(Settings(), tmp_path / "in.tif", tmp_path / "again.tif", faces=faces)
    assert (tmp_path / "direct.tif").read_bytes() == (tmp_path / "again.tif").read_bytes()


def test_the_command_says_who_is_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, film(tmp_path / "in.mp4", SCENES["two"]))
    lines = CliRunner().invoke(main, ["detect", str(tmp_path / "in.mp4")]).output.splitlines()
    assert lines[0].startswith("50 frames, 2 faces: ")
    assert re.fullmatch(r"Face 1: 0\.0 to [12]\.\d s, first \d+x\d+ px at \d+,\d+", lines[1]), lines[1]
    Image.fromarray(np.zeros((90, 120, 3), np.uint8)).save(tmp_path / "in.png")
    told(monkeypatch, [[Box(20, 30, 60, 80)]] * 4)
    lines = CliRunner().invoke(main, ["detect", str(tmp_path / "in.png")]).output.splitlines()
    assert lines[0].startswith("1 frame, 1 face: ")
    assert re.fullmatch(r"Face 1: \d+x\d+ px at \d+,\d+", lines[1]), lines[1]


def test_another_input_is_refused(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, _ = two
    other = replace(faces, source=replace(faces.source, sha256="0" * 64))
    with pytest.raises(InputError, match="another input"):
        compose.run(Settings(**FAST), clip, tmp_path / "o.mp4", faces=other)
    assert not list(tmp_path.iterdir())


def without(numbers: slice) -> Callable[[Faces], Faces]:
    """The faces of an input that lacks these frames."""

    def less(faces: Faces) -> Faces:
        times = np.delete(faces.times, np.arange(len(faces.times))[numbers])
        tracks = tuple(track.rows(track.frames < len(times)) for track in faces.tracks)
        none = np.zeros(0, np.int64)
        return replace(
            faces, times=times, tracks=tracks, source=replace(faces.source, frames=len(times)), looked=none, cuts=none
        )

    return less


@pytest.mark.parametrize("gone", [slice(0, 1), slice(20, 21), slice(-1, None)])
def test_a_frame_that_it_does_not_know_stops_the_run(two: tuple[Path, Faces, Any], tmp_path: Path, gone: slice) -> None:
    clip, faces, _ = two
    with pytest.raises(InputError, match="knows nothing"):
        compose.run(Settings(**FAST), clip, tmp_path / "o.mp4", faces=without(gone)(faces))
    assert not list(tmp_path.iterdir())


def test_frames_that_do_not_come_stop_the_run(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, _ = two
    more = np.append(faces.times, faces.times[-1] + 512)
    longer = replace(faces, times=more, source=replace(faces.source, frames=len(more)))
    with pytest.raises(InputError, match="there are 50 frames"):
        compose.run(Settings(**FAST), clip, tmp_path / "o.mp4", faces=longer)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("edge", [0.0, 12.34, 0.005, 1919.999999, -3.141592653, 1e5 / 3])
def test_rounding_never_shrinks_and_happens_once(edge: float) -> None:
    box = outward(Box(edge, edge, edge + 7.123456, edge + 9.0))
    assert box.left <= edge + 1e-8
    assert box.right >= edge + 7.123456 - 1e-8
    assert outward(box) == box
    assert box.left * 100 == pytest.approx(round(box.left * 100), abs=1e-6)


# --- by hand


def boxes(faces: Faces, number: int, track: int) -> list[Box]:
    return [cover.box for cover in faces.covers(number) if cover.track == track]


def edited(faces: Faces, *edits: dict[str, Any]) -> Faces:
    """With these edits, through the file and back."""
    document = json.loads(json.dumps(file.as_document(replace(faces, edits=edits))))
    return applied(file.parsed(document, "it"))


def test_a_box_can_be_added_and_a_track_stretched(two: tuple[Path, Faces, Any]) -> None:
    faces = two[1]
    start, end = (int(faces.times[n]) for n in (5, 9))
    more = edited(faces, {"do": "box", "id": 9, "box": [1, 2, 30, 40.5], "start": start, "end": end})
    assert [boxes(more, n, 9) for n in (4, 5, 9, 10)] == [[], [Box(1, 2, 30, 40.5)], [Box(1, 2, 30, 40.5)], []]
    further = edited(
        faces,
        {"do": "box", "id": 9, "box": [1, 2, 30, 40.5], "start": start, "end": end},
        {"do": "stretch", "track": 9, "to": int(faces.times[12])},
        {"do": "stretch", "track": 9, "to": int(faces.times[0])},
    )
    assert all(boxes(further, n, 9) == [Box(1, 2, 30, 40.5)] for n in range(13))
    assert boxes(further, 13, 9) == []


def test_splitting_and_joining_undo_each_other(two: tuple[Path, Faces, Any]) -> None:
    faces = two[1]
    split = {"do": "split", "track": 1, "at": int(faces.times[20]), "id": 7}
    parts = edited(faces, split)
    assert [len(boxes(parts, n, 1)) for n in (19, 20)] == [len(boxes(faces, 19, 1)), 0]
    assert [len(boxes(parts, n, 7)) for n in (19, 20)] == [0, len(boxes(faces, 20, 1))]
    whole = edited(faces, split, {"do": "join", "track": 1, "other": 7})
    assert [whole.covers(n) for n in range(50)] == [faces.covers(n) for n in range(50)]


def test_the_page_that_explains_it_is_true(two: tuple[Path, Faces, Any]) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "faces.md").read_text(encoding="utf-8")
    edits = json.loads(page.split("```json")[1].split("```")[0])
    kinds = [kind["$ref"].rsplit("/", 1)[1] for kind in file.schema()["properties"]["edits"]["items"]["oneOf"]]
    assert [edit["do"] for edit in edits] == [kind for kind in kinds if kind != "drawn"]
    assert edited(two[1], *edits).track(7) is not None
    named = set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in page.splitlines() if "|" in line)))
    assert named == set(file.schema()["properties"])


@pytest.mark.parametrize(
    "edit",
    [
        {"do": "keep", "track": 99},
        {"do": "split", "track": 1, "at": -1, "id": 9},
        {"do": "split", "track": 1, "at": 9999, "id": 2},
        {"do": "join", "track": 1, "other": 1},
        {"do": "box", "id": 9, "box": [5, 5, 5, 9], "start": 0, "end": 99},
        {"do": "box", "id": 9, "box": [5, 5, 9, 9], "start": 99, "end": 0},
        {"do": "box", "id": 1, "box": [5, 5, 9, 9], "start": 0, "end": 99},
    ],
)
def test_an_edit_that_cannot_be_done_is_refused(two: tuple[Path, Faces, Any], edit: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="edit 1 of the faces file"):
        edited(two[1], edit)


# --- files of others


def harmed(faces: Faces, *path: Any, to: Any) -> Any:
    document = json.loads(json.dumps(file.as_document(faces)))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return document


HARM: dict[str, tuple[tuple[Any, ...], Any]] = {
    "another format": (("format",), "x"),
    "another version": (("version",), 2),
    "no hash": (("source", "sha256"), "../../etc"),
    "a true size": (("source", "width"), True),
    "times that go back": (("times", 3), 0),
    "a fraction of a tick": (("times", 3), 1.5),
    "a tick of no length": (("time_base",), [1, 0]),
    "a short column": (("tracks", 0, "left"), [1]),
    "endless runs": (("tracks", 0, "runs"), [[0, 100_000_000]]),
    "frames not there": (("tracks", 0, "runs", 0, 0), 90),
    "text for a number": (("tracks", 0, "top", 0), "1"),
    "an empty box": (("tracks", 0, "right", 0), -100_000_000),
    "a far number": (("tracks", 0, "right", 0), 10**30),
    "an unknown detector": (("tracks", 0, "by", 0), 900),
    "the same id twice": (("tracks", 1, "id"), 1),
    "a look at no frame": (("looked",), [70]),
    "a wrong region": (("regions",), ["1,2,3"]),
    "an unknown edit": (("edits",), [{"do": "publish"}]),
    "an edit with more": (("edits",), [{"do": "keep", "track": 1, "x": 2}]),
    "an unknown field": (("extra",), 1),
    "a list of settings": (("settings",), []),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_file_is_one_sentence(two: tuple[Path, Faces, Any], harm: str, tmp_path: Path) -> None:
    place, (path, to) = tmp_path / "faces.json", HARM[harm]
    place.write_text(json.dumps(harmed(two[1], *path, to=to)))
    with pytest.raises(InputError) as found:
        file.read(place)
    assert str(found.value).count("\n") == 0
    assert len(str(found.value)) < 400


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[" * 100_000, b'{"a":NaN}', b"[1]", b"null", b"9" * 9000, b'{"a":1']
)
def test_what_is_no_faces_file_is_one_sentence(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.json is no"):
        file.read(tmp_path / "x.json")
    with pytest.raises(InputError, match="cannot read"):
        file.read(tmp_path / "y.json")


def test_the_schema_is_one_and_our_check_agrees_with_a_full_one(two: tuple[Path, Faces, Any]) -> None:
    schema = file.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    full = jsonschema.Draft202012Validator(schema)
    full.validate(file.as_document(two[1]))
    for path, to in HARM.values():
        document = harmed(two[1], *path, to=to)
        try:
            check(document, schema)
            ours = True
        except NotValid:
            ours = False
        assert ours == full.is_valid(document), path


def test_an_hour_with_five_faces_is_read_in_seconds(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    import time

    count, rng = 108_000, np.random.default_rng(1)
    track, frames = two[1].tracks[0], np.arange(count)
    walk = np.cumsum(rng.integers(-90, 91, (count, 1)), 0) + np.array([[100_000, 90_000, 112_000, 104_000]])
    many = replace(
        two[1],
        times=frames * 512,
        source=replace(two[1].source, frames=count),
        tracks=tuple(
            replace(track, id=n, frames=frames, boxes=walk + n, by=frames % 7 // 6, scores=rng.integers(0, 1001, count))
            for n in range(5)
        ),
    )
    file.write(many, tmp_path / "hour.json")
    assert (tmp_path / "hour.json").stat().st_size < 30e6
    before = time.process_time()
    again = file.read(tmp_path / "hour.json")
    assert again.covers(70_000) == many.covers(70_000)
    assert time.process_time() - before < 10


def test_a_file_is_not_replaced_unless_told(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    file.write(two[1], tmp_path / "f.json")
    with pytest.raises(OutputError, match="already there"):
        file.write(two[1], tmp_path / "f.json")
    file.write(two[1], tmp_path / "f.json", force=True)
    with pytest.raises(OutputError, match="cannot write"):
        file.write(two[1], tmp_path / "no" / "f.json")
    assert [place.name for place in tmp_path.iterdir()] == ["f.json"]


def test_keeping_a_face_visible_needs_to_know_which(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, _ = two
    with pytest.raises(SettingsError, match="streamblur detect"):
        compose.run(Settings(keep_face=(1,)), clip, tmp_path / "o.mp4")
    with pytest.raises(SettingsError, match="no face 77"):
        compose.run(Settings(keep_face=(77,)), clip, tmp_path / "o.mp4", faces=faces)
    assert not list(tmp_path.iterdir())
    assert len(pictures(clip)) == 50
    with av.open(clip) as container:
        assert container.streams.video[0].width == 640
