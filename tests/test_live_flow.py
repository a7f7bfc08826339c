"""Live pictures on a clock of our own: what leaves, when, and with what hidden, however slow the detector is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from scenes import SCENES, Oracle, Scene, under, walk

from streamblur import rooms
from streamblur.engine.covering import covered
from streamblur.engine.held import Look, Out, twin
from streamblur.engine.live import LiveFlow
from streamblur.engine.pace import LATE, LONGEST, SHARES, Pace
from streamblur.geometry import scaled
from streamblur.planes import components, luma
from streamblur.settings import Live
from streamblur.values import Box, Decided, Detection, Frame

TICK = 1 / 25
"""Seconds from frame to frame."""
MARGIN = 0.2
WIDTH, HEIGHT = 640, 360


@dataclass
class SlowLooks:
    """Looks that take ``seconds(nth)`` of the clock ``now``; those that take for ever never come back."""

    truth: Sequence[Sequence[Box]]
    seconds: Callable[[int], float]
    now: float = 0.0
    begun: int = 0
    since: float | None = None
    under_way: Look | None = None
    found: Sequence[Detection] = field(default_factory=list)

    def begin(self, look: Look) -> None:
        assert self.since is None
        self.since, self.under_way = self.now, look
        scale = look.image.shape[1] / WIDTH
        self.found = [Detection(scaled(box, scale, scale), 0.9, "oracle", 3) for box in self.truth[look.number]]
        self.begun += 1

    def done(self) -> list[tuple[Look, Sequence[Detection], float]]:
        took = self.seconds(self.begun - 1)
        if self.since is None or self.under_way is None or self.now - self.since < took:
            return []
        self.since = None
        return [(self.under_way, self.found, took)]


@dataclass
class Played:
    outs: list[Out]
    left: list[float]
    truth: list[list[Box]]
    looks: SlowLooks
    flow: LiveFlow

    def exposed(self) -> list[int]:
        """Frames on which a face was not hidden: less than nine tenths of it under masks, and no curtain."""
        bare = []
        for number, (out, faces) in enumerate(zip(self.outs, self.truth, strict=False)):
            masks = under(out.decided.covers, (WIDTH, HEIGHT), MARGIN)
            for face in faces:
                part = masks[max(0, int(face.top)) : int(face.bottom), max(0, int(face.left)) : int(face.right)]
                if not out.decided.curtain and part.size and part.mean() < 0.9:
                    bare.append(number)
        return bare

    def curtains(self) -> list[int]:
        return [number for number, out in enumerate(self.outs) if out.decided.curtain]


def play(
    scene: Scene, seconds: Callable[[int], float], delay: int | None = None, until: int = 10**9, apart: int = 1
) -> Played:
    """Play a scene against the clock: a frame every ``apart`` ticks, and looks that end between frames."""
    pictures = [(frame, faces) for frame, faces in scene.stream()][:until]
    looks = SlowLooks([faces for _, faces in pictures], seconds)
    settings = Live(delay=delay, analysis_size=640)
    tracker = rooms.part("trackers", settings.tracker)
    parts = rooms.parts(settings, Oracle([]))
    flow = LiveFlow(parts, looks, Pace(1 / TICK, settings.every, delay), tracker.build(settings))
    played = Played([], [], [faces for _, faces in pictures], looks, flow)
    for number, (frame, _) in enumerate(pictures):
        for step in range(4 * apart):
            looks.now = (number * apart + step / 4) * TICK
            outs = flow.add(frame, looks.now) if step == 0 else flow.tick(looks.now)
            played.outs += outs
            played.left += [looks.now] * len(outs)
    return played


def steady(seconds: float) -> Callable[[int], float]:
    return lambda nth: seconds


def hanging(first: int, seconds: float) -> Callable[[int], float]:
    """Looks of so many seconds, until one, the ``first``, never comes back."""
    return lambda nth: seconds if nth < first else float("inf")


@pytest.mark.parametrize("seconds", [0.02, 0.07])
@pytest.mark.parametrize("name", ["entering", "crossing", "occluded", "cuts", "fast"])
def test_with_the_default_delay_no_face_is_exposed(name: str, seconds: float) -> None:
    played = play(SCENES[name], steady(seconds))
    assert played.exposed() == []
    assert played.curtains() == []
    assert len(played.outs) >= len(played.truth) - played.flow.pace.delay - 1


@pytest.mark.parametrize("name", ["entering", "appearing", "crossing", "two"])
def test_without_delay_a_new_face_is_exposed_for_two_frames_at_most(name: str) -> None:
    played = play(SCENES[name], steady(0.025), 0)
    assert len(played.exposed()) <= 2
    came = [out.came for out in played.outs]
    assert played.left == came, "every frame leaves when it comes"


def test_a_face_that_nobody_looked_for_would_be_noticed() -> None:
    played = play(SCENES["appearing"], steady(0.025), 0)
    for out in played.outs:
        object.__setattr__(out.decided, "covers", ())
    assert len(played.exposed()) > 40


@pytest.mark.parametrize("delay", [None, 0, 4])
def test_the_curtain_falls_within_150_ms_when_the_detector_hangs(delay: int | None) -> None:
    looks = 6
    played = play(SCENES["moving"], hanging(looks, 0.03), delay)
    began = played.looks.since
    assert began is not None
    shown = [when for out, when in zip(played.outs, played.left, strict=True) if not out.decided.curtain]
    assert max(shown) - began <= 0.150
    assert all(out.decided.curtain for out, when in zip(played.outs, played.left, strict=True) if when > began + 0.150)
    assert played.exposed() == []
    assert len(played.outs) > 40, "frames go on leaving, all hidden"


def test_the_curtain_goes_up_again_when_the_detector_comes_back() -> None:
    played = play(SCENES["moving"], lambda nth: 0.6 if nth == 4 else 0.03)
    assert played.curtains()
    assert not any(out.decided.curtain for out in played.outs[-15:])
    assert played.exposed() == []


@pytest.mark.parametrize("delay", [0, 3])
def test_nothing_is_shown_before_the_first_look(delay: int) -> None:
    played = play(SCENES["moving"], lambda nth: 0.2 if nth == 0 else 0.03, delay, until=20)
    first = next(number for number, out in enumerate(played.outs) if not out.decided.curtain)
    assert all(when >= 0.2 for out, when in zip(played.outs, played.left, strict=True) if not out.decided.curtain)
    assert first > 0


def test_a_jump_of_the_picture_brings_the_curtain_until_looked_at_again() -> None:
    played = play(SCENES["cuts"], steady(0.07), 0)
    for cut in SCENES["cuts"].cuts:
        assert {cut, cut + 1} <= set(played.curtains())
        assert cut + 4 not in played.curtains()


def test_the_frames_held_do_not_grow_in_number_when_looks_get_slow() -> None:
    played = play(SCENES["moving"], lambda nth: 0.03 if nth < 5 else 0.5)
    waited = [when - out.came for out, when in zip(played.outs, played.left, strict=True)]
    assert max(waited) <= LONGEST * TICK + LATE + 2 * TICK
    assert played.exposed() == []


def test_panic_hides_all_at_once() -> None:
    played = play(SCENES["moving"], steady(0.03), 3, until=20)
    played.flow.panic = True
    assert all(out.decided.curtain for out in played.flow.interrupt(1.0))


def test_when_no_frame_comes_nothing_unlooked_is_let_go() -> None:
    played = play(SCENES["moving"], hanging(3, 0.03), None, until=12)
    rest = played.flow.interrupt(12 * TICK)
    assert rest
    assert rest[-1].decided.curtain
    like = played.outs[0].decided.frame
    nothing = played.flow.absent(like, 99)
    assert nothing.curtain
    for frame in (nothing.frame, twin(nothing.frame)):  # the second is what each further place to go gets
        assert np.ptp(luma(frame.picture).view) == 0


def test_a_face_lost_in_motion_brings_the_curtain() -> None:
    scene = Scene([walk((100, 180), (14, 0), 60, 0, 20)], frames=40)
    played = play(scene, steady(0.03), 0)
    assert set(played.curtains()) & set(range(20, 26))
    assert not set(played.curtains()) & set(range(30, 40))


@pytest.mark.parametrize("pixels", ["yuv420p", "nv12", "yuyv422", "bgr0", "yuv420p10le", "gray"])
@pytest.mark.parametrize("style", sorted(set(rooms.choices("obscurers")) - {"picture"}))
def test_behind_the_curtain_nothing_is_left(style: str, pixels: str) -> None:
    """Two pictures of different faces look alike behind it in all that is finer than a fifth of the picture."""
    how = rooms.obscuring(Live(style=style))
    frame, _ = next(SCENES["two"].stream())
    before = Frame(frame.picture.reformat(format=pixels), 0, frame.time_base)
    detail = _detail(before)
    (decided,) = covered([Decided(before, curtain=True)], how)
    assert _detail(decided.frame) < 0.03 * detail


def _detail(frame: Frame) -> float:
    """Mean change from each sample to its neighbours, over all components; the size of a face's features."""
    total = 0.0
    for component in components(frame.picture):
        view = component.view[::4, ::4].astype(float)
        total += float(np.abs(np.diff(view, axis=1)).mean())
    return total


def test_slow_looks_make_the_picture_that_is_looked_at_smaller_and_quick_ones_larger() -> None:
    pace = Pace(30, None, None)
    for _ in range(12):
        pace.looked(0.2 * pace.share**2)
    assert pace.share < 1
    assert pace.usual is not None
    assert pace.usual <= pace.budget
    for _ in range(400):
        pace.looked(0.05 * pace.share**2)
    assert pace.share == SHARES[0]


def test_a_slow_machine_begins_with_a_small_picture() -> None:
    pace = Pace(30, None, 0)
    pace.begin([0.04 * share**2 for share in SHARES])
    assert pace.share == 0.5
    assert pace.gap == 1
    waits = Pace(30, None, None)
    waits.begin([0.08 * share**2 for share in SHARES])
    assert waits.share == 1, "frames wait for a look: no need to see less"


def test_when_most_frames_are_dropped_those_that_are_left_do_not_wait_longer() -> None:
    every_fifth = Scene(SCENES["moving"].paths, frames=40)
    slow = play(every_fifth, steady(0.07), None, apart=5)
    waited = [when - out.came for out, when in zip(slow.outs, slow.left, strict=True)]
    assert max(waited) <= (slow.flow.pace.delay + 1) * TICK + LATE + TICK


def test_without_delay_a_machine_that_is_far_too_slow_shows_the_curtain_rather_than_a_face() -> None:
    played = play(SCENES["appearing"], steady(0.5), 0)
    assert len(played.curtains()) > 30
    assert len(played.exposed()) <= 4
