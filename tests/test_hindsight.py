"""No face is exposed on any frame, for every rhythm of looking, as long as it is seen now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pytest
from scenes import SCENES, Oracle, under

from streamblur.engine.following import followed
from streamblur.engine.hindsight import settled
from streamblur.engine.looking import looked
from streamblur.engine.placing import earlier
from streamblur.settings import Settings
from streamblur.trackers import motion
from streamblur.values import Box, Cover, Frame

MARGIN = Settings().margin
EXPOSED = 0.9
"""A face is covered when at least this share of its visible box is."""
Misses = Callable[[int, int], bool]


@cache
def stream(name: str) -> tuple[tuple[Frame, ...], tuple[tuple[Box, ...], ...]]:
    frames, truth = zip(*SCENES[name].stream(), strict=True)
    return frames, tuple(tuple(boxes) for boxes in truth)


def covers(name: str, every: int, misses: Misses, first: int = 0) -> tuple[list[Sequence[Cover]], list[int]]:
    """What is covered on each frame from ``first`` on, and the frames that were looked at."""
    frames, truth = stream(name)
    oracle, tracker = Oracle(truth, misses), motion.build(Settings(every=every))
    looks = looked(frames[first:], oracle, every, 10_000)
    return [list(d.covers) for d in settled(followed(looks, tracker), tracker, 1.0)], oracle.looks


def covered_share(face: Box, masks: Sequence[Cover], size: tuple[int, int]) -> float:
    picture = under(masks, size, MARGIN)
    return float(picture[int(face.top) : round(face.bottom), int(face.left) : round(face.right)].mean())


def exposed(name: str, every: int, misses: Misses, first: int = 0) -> list[tuple[int, float]]:
    """Frames on which a visible face is not covered, and how much of it is."""
    found, _ = covers(name, every, misses, first)
    _, truth = stream(name)
    size = SCENES[name].size
    shares = ((n, covered_share(face, masks, size)) for n, masks in enumerate(found, first) for face in truth[n])
    return [(n, round(share, 2)) for n, share in shares if share < EXPOSED]


@pytest.mark.parametrize("every", [1, 2, 5, 8])
@pytest.mark.parametrize("name", sorted(SCENES))
def test_nothing_is_exposed_in_any_phase(name: str, every: int) -> None:
    for first in range(every):
        assert exposed(name, every, lambda frame, face: False, first) == []


@pytest.mark.parametrize("name", sorted(set(SCENES) - {"fast"}))
def test_nothing_is_exposed_when_every_third_look_sees_nothing(name: str) -> None:
    for first in range(15):
        assert exposed(name, 5, lambda frame, face: frame // 5 % 3 == 1, first) == []


@pytest.mark.parametrize("name", ["moving", "growing", "two"])
def test_a_face_recognised_late_was_covered_from_the_start(name: str) -> None:
    assert exposed(name, 5, lambda frame, face: frame < 18) == []


@pytest.mark.parametrize("name", ["moving", "two"])
def test_a_face_lost_for_half_a_second_stays_covered(name: str) -> None:
    assert exposed(name, 5, lambda frame, face: 18 <= frame < 31) == []


def test_every_nth_the_first_the_last_and_both_sides_of_a_cut_are_looked_at() -> None:
    _, looks = covers("cuts", 5, lambda frame, face: False)
    assert looks == [0, 5, 10, 15, 16, 17, 22, 27, 32, 33, 34, 39, 44, 49]


def test_every_frame_comes_out_once_and_in_order() -> None:
    frames, truth = stream("moving")
    tracker = motion.build(Settings())
    out = list(settled(followed(looked(frames, Oracle(truth), 5, 10_000), tracker), tracker, 0.3))
    assert [decided.frame.pts for decided in out] == [frame.pts for frame in frames]


def test_tracks_keep_their_number() -> None:
    found, _ = covers("moving", 5, lambda frame, face: frame // 5 % 3 == 1)
    assert {cover.track for masks in found for cover in masks} == {1}


def prompt(name: str, delay: int, first: int) -> list[Sequence[Cover]]:
    """What is covered on each frame when none may wait longer than ``delay`` frames."""
    frames, truth = stream(name)
    tracker = motion.build(Settings(every=3))
    looks = looked(frames[first:], Oracle(truth), 3, 10_000)
    return [list(d.covers) for d in settled(followed(looks, tracker), tracker, 1.0, delay)]


@pytest.mark.parametrize("name", sorted(set(SCENES) - {"fast"}))
def test_live_shows_a_new_face_on_two_frames_at_most_and_with_a_delay_on_none(name: str) -> None:
    _, truth = stream(name)
    size = SCENES[name].size
    for first in range(3):
        for delay, allowed in ((0, 2), (3, 0)):
            run = longest = 0
            for n, masks in enumerate(prompt(name, delay, first), first):
                bare = any(covered_share(face, masks, size) < EXPOSED for face in truth[n])
                run = run + 1 if bare else 0
                longest = max(longest, run)
            assert longest <= allowed, (delay, first)


def test_live_frames_come_out_as_soon_as_they_may() -> None:
    frames, truth = stream("moving")
    tracker = motion.build(Settings(every=3))
    taken: list[int] = []

    def taking() -> Iterator[Frame]:
        for frame in frames:
            taken.append(frame.pts)
            yield frame

    looks = looked(taking(), Oracle(truth), 3, 10_000)
    for decided in settled(followed(looks, tracker), tracker, 1.0, delay=0):
        assert taken[-1] - decided.frame.pts <= 1


def test_a_face_that_grows_fast_was_never_smaller_than_nothing() -> None:
    """Seen at 20 and then at 60 pixels, it would have had none a look before."""
    first, second = Box(100, 100, 120, 126), Box(130, 90, 190, 168)
    before = earlier(first, second, 2.0)
    assert before.center == pytest.approx((10, 81))
    assert (before.width, before.height) == pytest.approx((20, 26))
    assert earlier(second, first, 1.0).width == pytest.approx(100), "one that shrinks was larger before"
