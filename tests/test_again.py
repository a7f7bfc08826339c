"""Recordings whose frames are too large to wait are read twice: the same comes out, and nothing else is let through."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scenes import SCENES, Oracle

from streamblur import InputError, Settings, blur, rereading, rooms
from streamblur.engine import Parts, decide
from streamblur.planes import components, copied
from streamblur.trackers import motion
from streamblur.values import Decided, Frame, StreamInfo

FAST = Settings(preset="ultrafast", detector="mediapipe", force=True)
SCENE = SCENES["entering"]


def frames() -> list[Frame]:
    return [frame for frame, _ in SCENE.stream()]


def parts() -> Parts:
    truth = [boxes for _, boxes in SCENE.stream()]
    nothing_is_hidden: Any = None
    return Parts(Oracle(truth), motion.build(Settings(every=5)), nothing_is_hidden, 5, 10_000, 1.0)


def told(decided: Decided[Frame]) -> tuple[Any, ...]:
    return decided.frame.pts, decided.covers, decided.looked, decided.cut


def dot(frame: Frame) -> Frame:
    """The same frame with some samples of brightness changed by one."""
    picture = copied(frame.picture)
    components(picture)[0].view[:] ^= 1
    return replace(frame, picture=picture)


def test_what_is_decided_is_the_same_and_the_pictures_are_those_read_again() -> None:
    again = frames()
    held, read = list(decide(frames(), parts(), iter)), list(decide(frames(), parts(), iter, iter(again)))
    assert [told(d) for d in held] == [told(d) for d in read]
    assert any(d.covers for d in read)
    assert all(d.frame.picture is frame.picture for d, frame in zip(read, again, strict=True))


def test_no_picture_is_held_while_it_waits() -> None:
    """When the first frame is decided, a second of them has been followed: only those at work have a picture."""
    counts: list[int] = []

    def alive() -> int:
        gc.collect()
        return sum(isinstance(thing, Frame) and thing.picture.width > 0 for thing in gc.get_objects())

    def asked() -> Iterator[Frame]:
        counts.append(alive())
        yield from frames()

    before = alive()
    list(decide((frame for frame, _ in SCENE.stream()), parts(), iter, asked()))
    assert len(counts) == 1
    assert counts[0] - before < 5


@pytest.mark.parametrize("change", ["shorter", "longer", "other time", "turned", "other picture", "one skipped"])
def test_a_recording_that_changes_meanwhile_is_refused(change: str) -> None:
    again = frames()
    middle = len(again) // 2
    match change:
        case "shorter":
            again.pop()
        case "longer":
            again.append(again[-1])
        case "other time":
            again[middle] = replace(again[middle], pts=again[middle].pts + 1)
        case "turned":
            again[middle] = replace(again[middle], orientation=6)
        case "other picture":
            again[middle] = dot(again[middle])
        case "one skipped":
            again.pop(middle)
    with pytest.raises(InputError, match="something writes to it"):
        list(decide(frames(), parts(), iter, iter(again)))


def test_the_output_is_the_same_to_the_byte(meeting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(FAST, codec="ffv1")
    held = blur(meeting, tmp_path / "held.mkv", settings)
    monkeypatch.setattr(rereading, "MOST_HELD", 0)
    read = blur(meeting, tmp_path / "read.mkv", settings)
    assert (read.frames, read.tracks, read.covered) == (held.frames, held.tracks, held.covered)
    assert held.covered
    assert (tmp_path / "held.mkv").read_bytes() == (tmp_path / "read.mkv").read_bytes()


def test_another_file_under_the_same_name_leaves_no_output(
    meeting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reading finds another recording, of the same length and times."""
    monkeypatch.setattr(rereading, "MOST_HELD", 0)
    other = blur(meeting, tmp_path / "other.mp4", replace(FAST, region=("0,0,640,360",))).output
    build = rooms.part("sources", "file").build
    opened: list[Path] = []

    def swapped(settings: Settings, place: Path) -> object:
        opened.append(place)
        return build(settings, other if len(opened) == 2 else place)

    monkeypatch.setattr(rooms.part("sources", "file"), "build", swapped)
    with pytest.raises(InputError, match="something writes to it"):
        blur(meeting, tmp_path / "out.mp4", FAST)
    assert len(opened) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.mp4"]


def test_only_what_is_large_or_fast_is_read_twice() -> None:
    def info(width: int, height: int, rate: int | None, pixels: str = "yuv420p", live: bool = False) -> StreamInfo:
        fraction = None if rate is None else Fraction(rate)
        return StreamInfo(width, height, fraction, Fraction(1, 1000), pixels, live=live)

    usual = Settings()
    assert not rereading.wanted(usual, info(1920, 1080, 30))
    assert not rereading.wanted(usual, info(1920, 1080, 60))
    assert not rereading.wanted(usual, info(2560, 1440, 30))
    assert rereading.wanted(usual, info(3840, 2160, 25))
    assert rereading.wanted(usual, info(3840, 2160, None))
    assert rereading.wanted(usual, info(1920, 1080, 60, "yuv420p10le"))
    assert not rereading.wanted(usual, info(3840, 2160, 60, live=True))
    assert not rereading.wanted(Settings(hindsight=0.2), info(3840, 2160, 25))
    assert rereading.wanted(Settings(hindsight=8.0), info(1920, 1080, 30))
