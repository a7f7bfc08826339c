"""What people choose by hand: regions, areas that are left alone, faces that stay visible."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import film, pictures, told
from scenes import SCENES, walk
from scenes import Scene as SceneOf

from streamblur import Settings, SettingsError, compose
from streamblur.engine.identity import certain
from streamblur.faces import Faces, FaceTrack, Fingerprint
from streamblur.regions import Region, region
from streamblur.values import Box

LOSSLESS: dict[str, Any] = {"preset": "ultrafast", "crf": 0, "style": "solid"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2,3,4", Region(Box(1, 2, 4, 6))),
        (" 1.5, -2 ,3,4 @ 2 - 4.5", Region(Box(1.5, -2, 4.5, 2), 2, 4.5)),
        ("0,0,9,9@1:02-1:00:00", Region(Box(0, 0, 9, 9), 62, 3600)),
        ("0,0,9,9@-3", Region(Box(0, 0, 9, 9), 0, 3)),
        ("0,0,9,9@3-", Region(Box(0, 0, 9, 9), 3)),
    ],
)
def test_a_region_is_read(text: str, expected: Region) -> None:
    assert region(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "1,2,0,4",
        "1,2,3,-4",
        "a,b,c,d",
        "1,2,3,nan",
        "inf,2,3,4",
        "1,2,3,4@5-5",
        "1,2,3,4@5",
        "1,2,3,4@6-5",
        "1,2,3,4@x-y",
        "1,2,3,4@1:2:3:4-",
        "1e9,2,3,4",
        "1,2,3,4@1..2-3",
    ],
)
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no region"):
        Settings(region=(text,))


@pytest.fixture(scope="module")
def still_face(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Box]]]:
    place = tmp_path_factory.mktemp("film") / "face.mkv"
    return place, film(place, SceneOf([lambda n: (320, 180, 100)], frames=20))


def changed(before: Path, after: Path, number: int) -> Any:
    """Which pixels of a frame are not as they were."""
    return (np.abs(pictures(before)[number].astype(int) - pictures(after)[number]) > 12).any(-1)


def test_a_region_is_hidden_while_it_counts_whatever_is_there(
    still_face: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, truth = still_face
    told(monkeypatch, [[]] * len(truth))
    wanted = Settings(region=("100.5,50,60,40@0.2-0.4",), shape="ellipse", **LOSSLESS)
    summary = compose.run(wanted, clip, tmp_path / "o.mkv")
    assert (summary.tracks, summary.covered) == (0, 0)
    for number in (0, 4, 5, 9, 10):
        there = changed(clip, tmp_path / "o.mkv", number)
        assert there[52:88, 102:158].mean() > 0.9 if 5 <= number < 10 else not there.any()
        there[50:90, 100:162] = False
        assert not there.any()


def test_a_face_is_left_alone_inside_an_excluded_area_and_hidden_outside(
    still_face: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, truth = still_face
    told(monkeypatch, truth)
    face = truth[0][0]
    middle = round(face.center[0])
    wanted = Settings(exclude_region=(f"0,0,{middle},360",), **LOSSLESS)
    compose.run(wanted, clip, tmp_path / "o.mkv")
    there = changed(clip, tmp_path / "o.mkv", 10)
    assert not there[:, : middle - 2].any()
    right = there[int(face.top) : int(face.bottom), middle + 2 : int(face.right)]
    assert right.mean() > 0.9


def test_a_region_wins_over_an_excluded_area(
    still_face: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, truth = still_face
    told(monkeypatch, truth)
    compose.run(
        Settings(exclude_region=("0,0,640,360",), region=("300,150,50,50",), **LOSSLESS), clip, tmp_path / "o.mkv"
    )
    there = changed(clip, tmp_path / "o.mkv", 10)
    assert there[152:198, 302:348].mean() > 0.8
    there[150:200, 300:350] = False
    assert not there.any()


def faces_of(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Any, Any]:
    clip = folder / "in.mkv"
    truth = film(clip, SCENES[name])
    told(monkeypatch, truth)
    return clip, compose.detect(Settings(), clip), truth


def test_a_face_stays_visible_and_the_other_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, faces, truth = faces_of("two", tmp_path, monkeypatch)
    compose.run(Settings(keep_face=(1,), **LOSSLESS), clip, tmp_path / "o.mkv", faces=faces)
    seen = faces.covers(25)[0].box
    kept = next(n for n, box in enumerate(truth[25]) if abs(box.left - seen.left) < 15)
    for number in (3, 25, 45):
        there = changed(clip, tmp_path / "o.mkv", number)
        for n, box in enumerate(truth[number]):
            share = there[int(box.top) : int(box.bottom), int(box.left) : int(box.right)].mean()
            assert share < 0.01 if n == kept else share > 0.9


def test_after_a_crossing_nobody_is_sure_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, faces, truth = faces_of("crossing", tmp_path, monkeypatch)
    touching = next(n for n, (a, b) in enumerate(truth) if a.right > b.left)
    for track in faces.tracks[:2]:
        kept = certain(faces, [track.id])[track.id]
        numbers = [faces.frame(pts) for pts in kept]
        assert max(n for n in numbers if n is not None) < touching
        assert len(numbers) > touching // 2


def test_after_a_cut_nobody_is_sure_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, faces, _ = faces_of("cuts", tmp_path, monkeypatch)
    assert faces.cuts.tolist() == [17, 34]
    for number, kept in certain(faces, [track.id for track in faces.tracks]).items():
        frames = [faces.frame(pts) or 0 for pts in kept]
        assert not any(min(frames) < cut <= max(frames) for cut in (17, 34)), number


def test_who_was_lost_for_long_may_be_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "in.mkv"
    truth = film(clip, SceneOf([walk((200, 180), (0.5, 0), 70)], frames=60))
    told(monkeypatch, [[] if 12 <= n < 38 else boxes for n, boxes in enumerate(truth)])
    faces = compose.detect(Settings(every=3), clip)
    (track,) = faces.tracks
    frames = [faces.frame(pts) or 0 for pts in certain(faces, [track.id])[track.id]]
    assert max(frames) < 14
    assert int(track.frames[-1]) > 40


def test_an_hour_is_no_hindrance() -> None:
    frames = np.arange(108_000)
    boxes = np.array([[100, 100, 200, 200]]) + np.zeros((len(frames), 1), np.int64)
    tracks = [FaceTrack(n, frames, boxes + 300 * n, frames % 5 // 4, frames % 900) for n in range(4)]
    late = FaceTrack(9, frames[90_000:], boxes[90_000:] + 50, frames[90_000:] * 0, frames[90_000:] * 0)
    faces = Faces(Fingerprint("", 0, len(frames), 9, 9, 1), Fraction(1, 30), frames, (*tracks, late), ("x",))
    before = time.process_time()
    kept = certain(faces, [0, 1])
    assert time.process_time() - before < 5
    assert (max(kept[0]), max(kept[1])) == (89_999, 107_999)
