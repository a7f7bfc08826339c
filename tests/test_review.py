"""Going over faces by hand: every change does what it says, can be taken back, and is saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import film, nobody_looks, pictures, told
from PIL import Image
from scenes import SCENES, Scene, sway, walk

from streamblur import InputError, Settings, compose
from streamblur.faces import Faces, file
from streamblur.geometry import iou
from streamblur.review import Review
from streamblur.values import Box

FILM = Scene([sway(180, 150, 60, 40), walk((470, 190), (-1, 0), 80, 0, 100)], frames=100, cuts=(70,))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Faces, list[list[Box]]]:
    """A recording in which only the first face was found."""
    place = tmp_path_factory.mktemp("film") / "in.mp4"
    truth = film(place, FILM)
    with pytest.MonkeyPatch.context() as patch:
        told(patch, [boxes[:1] for boxes in truth])
        return place, replace(compose.detect(Settings(), place), cuts=np.array([70])), truth


@pytest.fixture
def session(made: tuple[Path, Faces, Any], tmp_path: Path) -> Iterator[Review]:
    file.write(made[1], tmp_path / "f.json")
    opened = Review.open(made[0], tmp_path / "f.json", Settings(preset="ultrafast", crf=12))
    yield opened
    opened.close()


def boxes(faces: Faces, track: int) -> dict[int, Box]:
    found = faces.track(track)
    return {} if found is None else {int(n): found.box(i) for i, n in enumerate(found.frames)}


def test_a_drawn_box_is_followed_both_ways_within_the_shot(session: Review, made: tuple[Path, Faces, Any]) -> None:
    truth = made[2]
    number = session.draw(int(session.now.times[30]), truth[30][1])
    found = boxes(session.now, number)
    assert (min(found), max(found)) == (0, 69)
    assert all(iou(box, truth[n][1]) > 0.6 for n, box in found.items())
    with pytest.raises(InputError, match="drawn box"):
        session.draw(7, truth[30][1])
    with pytest.raises(InputError, match="drawn box"):
        session.draw(int(session.now.times[30]), Box(5, 5, 5, 9))


def test_it_is_followed_until_it_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "in.mp4"
    truth = film(clip, replace(SCENES["appearing"], frames=40))
    told(monkeypatch, [[]] * 40)
    session = Review.open(clip, settings=Settings())
    number = session.draw(int(session.now.times[30]), truth[30][1])
    found = boxes(session.now, number)
    session.close()
    assert (min(found), max(found)) == (23, 39)


def test_changes_are_saved_and_can_be_taken_back_and_done_again(session: Review) -> None:
    before = session.place.read_bytes()
    middle = int(session.now.times[20])
    later = session.split(1, middle)
    session.keep(1)
    extra = session.box(Box(1, 2, 30, 40), 0, middle)
    saved = file.read(session.place)
    assert [edit["do"] for edit in saved.edits] == ["split", "keep", "box"]
    assert saved.edits == session.faces.edits
    assert session.now.kept == {1}
    assert (later, extra) == (later, later + 1)
    assert [session.undo() for _ in range(4)] == [True, True, True, False]
    assert session.place.read_bytes() == before
    assert [session.redo() for _ in range(4)] == [True, True, True, False]
    assert file.read(session.place).edits == saved.edits
    session.undo()
    session.join(1, later)
    assert not session.redo()
    session.cover(1)
    assert session.now.kept == frozenset()


def test_a_change_that_cannot_be_done_changes_nothing(session: Review) -> None:
    before = session.place.read_bytes()
    changes = [partial(session.keep, 99), partial(session.join, 1, 98), partial(session.stretch, 97, 5)]
    for change in changes:
        with pytest.raises(InputError, match="there is no track"):
            change()
    assert session.place.read_bytes() == before
    assert session.faces.edits == ()


def test_another_session_goes_on_where_the_last_one_ended(session: Review) -> None:
    session.keep(1)
    other = Review.open(session.source, session.place)
    assert other.now.kept == {1}
    assert other.undo()
    other.close()


def test_faces_of_another_input_are_refused(session: Review, tmp_path: Path) -> None:
    film(tmp_path / "other.mp4", Scene([], frames=2))
    with pytest.raises(InputError, match="another input"):
        Review.open(tmp_path / "other.mp4", session.place)


def test_lanes_say_where_a_face_is_seen_and_left_visible(session: Review) -> None:
    session.keep(1)
    (first, *_) = session.lanes()
    assert (first.track, first.kept, first.added) == (1, True, False)
    assert first.spans[0][0] == first.visible[0][0] == int(session.now.times[0])
    assert first.visible[-1][1] < int(session.now.times[70]) <= first.spans[-1][1] or len(first.spans) == 1
    assert 5 < len(first.sights) < 60


def test_a_frame_is_hidden_unless_it_is_asked_for_as_it_is(session: Review, made: tuple[Path, Faces, Any]) -> None:
    clip, _, truth = made
    frames = pictures(clip)
    for number in (43, 44, 44, 46, 5, 70, 68, 99, 98, 0):
        pts = int(session.now.times[number])
        face = truth[number][0]
        inside = np.s_[int(face.top) : int(face.bottom), int(face.left) : int(face.right)]
        safe, seen = (
            np.asarray(Image.open(BytesIO(data)), np.int16)
            for data in (session.jpeg(pts), session.jpeg(pts, original=True))
        )
        assert seen.shape == (360, 640, 3)
        assert np.abs(seen - frames[number]).mean() < 6
        assert np.abs(safe - frames[number])[inside].mean() > 12
    assert Image.open(BytesIO(session.jpeg(0, longest=160))).size == (160, 90)
    with pytest.raises(InputError, match="no frame at"):
        session.jpeg(3)


def test_a_region_for_a_while_is_shown_only_then(made: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    file.write(replace(made[1], regions=("400,200,90,90@2-3",)), tmp_path / "f.json")
    session = Review.open(made[0], tmp_path / "f.json")
    shown = [
        np.asarray(Image.open(BytesIO(session.jpeg(int(session.now.times[n])))), np.int16) for n in (49, 50, 74, 75)
    ]
    session.close()
    frames = [pictures(made[0])[n] for n in (49, 50, 74, 75)]
    changed = [np.abs(a - b)[205:285, 405:485].mean() for a, b in zip(shown, frames, strict=True)]
    assert max(changed[0], changed[3]) < 8 < 10 < min(changed[1:3])


def test_pictures_are_asked_for_from_many_threads(session: Review) -> None:
    asked = [int(pts) for pts in session.now.times[::20]]
    expected = {pts: session.jpeg(pts) for pts in asked}
    failed: list[object] = []

    def ask(pts: int) -> None:
        if session.jpeg(pts) != expected[pts]:
            failed.append(pts)

    threads = [threading.Thread(target=ask, args=(pts,)) for pts in asked * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_what_was_decided_is_written(
    session: Review, made: tuple[Path, Faces, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_looks(monkeypatch)
    session.draw(int(session.now.times[30]), made[2][30][1])
    heard: list[Any] = []
    session.render(tmp_path / "o.mp4", report=heard.append)
    assert len(heard) == 100
    frames, after = pictures(made[0]), pictures(tmp_path / "o.mp4")
    face = made[2][50][1]
    inside = np.s_[int(face.top) : int(face.bottom), int(face.left) : int(face.right)]
    assert np.abs(frames[50].astype(int) - after[50])[inside].mean() > 12


def test_a_clock_that_steps_back_is_read_the_slow_way(session: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = session.jpeg(int(session.now.times[40]))
    seeker = session._showing._seeker
    monkeypatch.setattr(seeker, "between", lambda start, stop: iter(()))
    assert session.jpeg(int(session.now.times[40])) == expected


def test_a_photo_can_be_gone_over_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)).save(tmp_path / "p.png")
    told(monkeypatch, [[Box(20, 30, 60, 80)]] * 1024)
    session = Review.open(tmp_path / "p.png")
    assert [lane.track for lane in session.lanes()] == [1]
    assert session.jpeg(0) != session.jpeg(0, original=True)
    number = session.draw(0, Box(80, 10, 100, 30))
    assert len(session.now.covers(0)) == 2
    session.render(tmp_path / "q.png")
    session.close()
    assert number == 2
