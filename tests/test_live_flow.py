"""Live pictures on a clock of our own: what leaves, when, and with what hidden, however slow the detector is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from scenes import SCENES, Oracle, Scene, under

from streamblur import rooms
from streamblur.engine.live import LiveFlow, Look, Out
from streamblur.engine.pace import Pace
from streamblur.geometry import scaled
from streamblur.settings import Live
from streamblur.values import Box, Detection

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


def play(scene: Scene, seconds: Callable[[int], float], delay: int | None = None, until: int = 10**9) -> Played:
    """Play a scene against the clock: a frame every tick, and looks that end between frames."""
    pictures = [(frame, faces) for frame, faces in scene.stream()][:until]
    looks = SlowLooks([faces for _, faces in pictures], seconds)
    settings = Live(delay=delay, analysis_size=640)
    tracker = rooms.part("trackers", settings.tracker)
    parts = rooms.parts(settings, Oracle([]))
    flow = LiveFlow(parts, looks, Pace(1 / TICK, settings.every, delay), tracker.build(settings))
    played = Played([], [], [faces for _, faces in pictures], looks, flow)
    for number, (frame, _) in enumerate(pictures):
        for step in range(4):
            looks.now = (number + step / 4) * TICK
            outs = flow.add(frame, looks.now) if step == 0 else flow.tick(looks.now)
            played.outs += outs
            played.left += [looks.now] * len(outs)
    return played


def steady(seconds: float) -> Callable[[int], float]:
    return lambda nth: seconds


def hanging(first: int, seconds: float) -> Callable[[int], float]:
    """Looks of so many seconds, until one, the ``first``, never comes back."""
    return lambda nth: seconds if nth < first else float("inf")


@pytest.fixture(params=[0.02, 0.07, 0.12])
def look_time(request: pytest.FixtureRequest) -> float:
    seconds: float = request.param
    return seconds


@pytest.mark.parametrize("name", [n for n in SCENES])
def test_with_the_default_delay_no_face_is_exposed(name: str, look_time: float) -> None:
    played = play(SCENES[name], steady(look_time))
    print(name, look_time, played.exposed(), len(played.curtains()), played.flow.pace.delay)
    assert played.exposed() == []


@pytest.mark.parametrize("name", [n for n in SCENES])
def test_without_delay_at_most_two(name: str) -> None:
    played = play(SCENES[name], steady(0.025), 0)
    print(name, played.exposed(), len(played.curtains()))
    assert len(played.exposed()) <= 2
