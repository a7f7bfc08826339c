"""The flow: every face is found, followed and covered, and only then may a frame leave.

    frames ─▶ looked ─▶ followed ─▶ settled ─▶ covered ─▶ safe frames
              detect/N   track      hindsight   obscure

Each stage is a generator over the one before it; state lives in generator locals. ``covered`` is
the only place that writes pixels and the only caller of ``SafeFrame``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from streamblur.engine.covering import Obscuring, covered
from streamblur.engine.hindsight import followed, settled
from streamblur.engine.looking import Looked, looked
from streamblur.ports import Detector, Tracker
from streamblur.values import Decided, Frame, SafeFrame

__all__ = ["Obscuring", "Parts", "anonymize"]


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


def anonymize(
    frames: Iterable[Frame],
    parts: Parts,
    ahead: Callable[[Iterable[Looked]], Iterable[Looked]],
) -> Iterator[Decided[SafeFrame]]:
    """Yield every frame, in order, with all known faces covered, and what was decided.

    ``ahead`` may run looking ahead of the rest on a thread, or be the identity.
    """
    looks = ahead(looked(frames, parts.detector, parts.every, parts.analysis_size))
    tracks = followed(looks, parts.tracker)
    return covered(settled(tracks, parts.tracker, parts.hindsight, parts.delay), parts.obscuring)
