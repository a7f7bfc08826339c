"""What goes on, in numbers, for the preview and for whoever asks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from streamblur.values import Decided, Detection, SafeFrame

LOOKED_BACK = 300
"""Frames over which latency and rates are taken."""


@dataclass(frozen=True, slots=True)
class Status:
    """Of the last seconds: ``fps`` frames leaving a second, ``latency`` p50 and p95 of the seconds that a frame
    took from coming to leaving, ``looks`` a second, ``delay`` frames held back. ``faces`` on the newest frame,
    ``seen`` by the detector on the last look. ``frames`` left and ``dropped`` since the beginning; ``curtain`` and
    ``lost`` (no picture comes) say how it is now."""

    fps: float = 0.0
    latency: tuple[float, float] = (0.0, 0.0)
    looks: float = 0.0
    delay: int = 0
    faces: int = 0
    frames: int = 0
    dropped: int = 0
    curtains: int = 0
    curtain: bool = False
    panic: bool = False
    lost: bool = False
    recording: bool = False
    seen: Sequence[Detection] = ()


@dataclass(frozen=True)
class Choices:
    """What may be given to ``run`` besides: ``stop`` ends it; while ``panic`` is set, all is hidden; ``told`` gets
    sentences on what goes wrong meanwhile; ``watch`` what goes on, after each frame; ``witness`` every decided frame
    before it leaves, to read only."""

    stop: threading.Event = field(default_factory=threading.Event)
    panic: threading.Event = field(default_factory=threading.Event)
    told: Callable[[str], None] = lambda sentence: None
    watch: Callable[[Status], None] = lambda status: None
    witness: Callable[[Decided[SafeFrame]], None] = lambda decided: None


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run did: frames that left, that were dropped on the way in or by slow places, that were all hidden;
    ``notes`` are sentences for the user, ``failed`` those about places that failed."""

    status: Status
    seconds: float
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class Meter:
    """Takes the times of what happens."""

    def __init__(self) -> None:
        self._latency: deque[float] = deque(maxlen=LOOKED_BACK)
        self._left: deque[float] = deque(maxlen=60)
        self._looks: deque[tuple[float, int]] = deque(maxlen=60)

    def left(self, came: float) -> None:
        """A frame that came at this time (``time.monotonic``) leaves now."""
        now = time.monotonic()
        self._latency.append(now - came)
        self._left.append(now)

    def looked(self, count: int) -> None:
        """So many looks have been taken in all."""
        if not self._looks or self._looks[-1][1] != count:
            self._looks.append((time.monotonic(), count))

    @property
    def fps(self) -> float:
        return _rate(self._left[0], self._left[-1], len(self._left) - 1) if self._left else 0.0

    @property
    def looks(self) -> float:
        if not self._looks:
            return 0.0
        (first, a), (last, b) = self._looks[0], self._looks[-1]
        return _rate(first, last, b - a)

    @property
    def latency(self) -> tuple[float, float]:
        """p50 and p95 in seconds."""
        ordered = sorted(self._latency)
        if not ordered:
            return 0.0, 0.0
        return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def _rate(first: float, last: float, count: int) -> float:
    return count / (last - first) if last > first else 0.0
