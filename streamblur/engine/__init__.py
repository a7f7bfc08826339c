"""The flow: every face is found, followed and covered, and only then may a frame leave.

    frames ─▶ looked ─▶ followed ─▶ settled ─▶ wished ─▶ covered ─▶ safe frames
      │       detect/N   track      hindsight  by hand   obscure
      └──────────────▶ recalled ──────────────▶┘
                       from a faces file

Between followed and settled the pictures of large frames are let go, and read ``again`` when they may leave.
Each stage is a generator over the one before it; state lives in generator locals. ``covered`` is
the only place that writes pixels and the only caller of ``SafeFrame``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from streamblur.engine.again import Again
from streamblur.engine.covering import Obscuring, covered
from streamblur.engine.following import followed
from streamblur.engine.hindsight import settled
from streamblur.engine.looking import Looked, looked
from streamblur.engine.recalling import recalled
from streamblur.engine.wishes import Wishes, wished
from streamblur.ports import Detector, Tracker
from streamblur.values import Decided, Frame, SafeFrame

__all__ = ["Obscuring", "Parts", "Wishes", "anonymize", "decide", "hide", "recalled", "wished"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the flow is made of. ``every`` is in frames (None: as the faces call for), ``hindsight`` in seconds,
    ``analysis_size`` in pixels of the longest side; ``delay`` in frames, for live pictures (None: as
    hindsight needs)."""

    detector: Detector
    tracker: Tracker
    obscuring: Obscuring
    every: int | None
    analysis_size: int
    hindsight: float
    delay: int | None = None
    wishes: Wishes = field(default_factory=Wishes)


def anonymize(
    frames: Iterable[Frame],
    parts: Parts,
    ahead: Callable[[Iterable[Looked]], Iterable[Looked]],
) -> Iterator[Decided[SafeFrame]]:
    """Yield every frame, in order, with all known faces covered, and what was decided.

    ``ahead`` may run looking ahead of the rest on a thread, or be the identity.
    """
    return hide(decide(frames, parts, ahead), parts.obscuring, parts.wishes)


def decide(
    frames: Iterable[Frame],
    parts: Parts,
    ahead: Callable[[Iterable[Looked]], Iterable[Looked]],
    again: Iterable[Frame] | None = None,
) -> Iterator[Decided[Frame]]:
    """Yield every frame, in order, as it is, with where faces were found on it. With the same frames ``again``, read
    independently, no picture is held while it waits."""
    looks = ahead(looked(frames, parts.detector, parts.every, parts.analysis_size))
    tracks = followed(looks, parts.tracker)
    if again is None:
        return settled(tracks, parts.tracker, parts.hindsight, parts.delay)
    twice = Again(again)
    return twice.taken_up(settled(twice.let_go(tracks), parts.tracker, parts.hindsight, parts.delay))


def hide(
    frames: Iterable[Decided[Frame]], obscuring: Obscuring, wishes: Wishes, first: float | None = None
) -> Iterator[Decided[SafeFrame]]:
    """Yield every frame with what was found, and what was chosen by hand, covered; ``first`` is the time in seconds of
    the recording's first frame (None: that of the first one here)."""
    return covered(wished(frames, wishes, first), obscuring)
