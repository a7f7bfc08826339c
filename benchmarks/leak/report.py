"""What one measurement found, in counts that add up over clips."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from benchmarks.leak.bounds import Share

EDGES = (16, 24, 32, 64, 128)
"""Face widths in pixels at which a bin begins."""
NONE = Share()


def bin_of(width: float) -> str | None:
    """The name of the bin for a face of this width, None below the first."""
    below = [edge for edge in EDGES if edge <= width]
    if not below:
        return None
    if len(below) == len(EDGES):
        return f"{EDGES[-1]}+"
    return f"{below[-1]}-{EDGES[len(below)]}"


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of one clip, or of several added up. Face-frames are true faces on single frames.

    ``leak`` exposed face-frames; ``widths`` the same by face width; ``tracks`` those with an exposed frame;
    ``longest`` the longest run of exposed frames of one track; ``onset`` exposed frames before a track's first
    covered one, of all tracks' exposed frames; ``onset_tracks`` tracks that begin so; ``after_cuts`` face-frames within
    10 frames after a cut; ``gaps`` covered-exposed-covered with 1 to 10 exposed frames; ``unclear`` face-frames whose
    original shows too little to judge; ``missing`` original frames without an output frame.
    ``masked`` and ``outside`` are sums over frames of shares of the picture; ``false_masks`` masks away from every
    true face, followed over time, ``false_frames`` the frames that have one; ``shakes`` and ``shake`` number and
    sum of squares of the masks' second differences in face widths.
    """

    frames: int = 0
    seconds: float = 0.0
    missing: int = 0
    unclear: int = 0
    leak: Share = NONE
    widths: Mapping[str, Share] = field(default_factory=dict)
    tracks: Share = NONE
    longest: int = 0
    onset: Share = NONE
    onset_tracks: Share = NONE
    after_cuts: Share = NONE
    cuts: int = 0
    gaps: int = 0
    masked: float = 0.0
    outside: float = 0.0
    false_masks: int = 0
    false_frames: Share = NONE
    shakes: int = 0
    shake: float = 0.0

    def __add__(self, other: Report) -> Report:
        both = {f.name: _joined(f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return Report(**both)

    @property
    def jitter(self) -> float | None:
        """Standard deviation of the second difference of the mask's centre, in face widths."""
        return math.sqrt(self.shake / self.shakes) if self.shakes else None

    @property
    def masked_share(self) -> float | None:
        """Masked share of the average picture."""
        return self.masked / self.frames if self.frames else None

    @property
    def over_blur(self) -> float | None:
        """Share of the average picture that is masked outside twice the size of every true face."""
        return self.outside / self.frames if self.frames else None

    @property
    def false_per_minute(self) -> float | None:
        return self.false_masks * 60 / self.seconds if self.seconds else None

    def as_json(self) -> dict[str, Any]:
        found = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name not in ("shake", "shakes")}
        found |= {"masked": self.masked_share, "outside": self.over_blur, "jitter": self.jitter}
        return found | {"false_masks_per_minute": self.false_per_minute}


def _joined(name: str, a: Any, b: Any) -> Any:
    if name == "longest":
        return max(a, b)
    if isinstance(a, Mapping):
        return {key: a.get(key, Share()) + b.get(key, Share()) for key in a | b}
    return a + b


def _plain(value: Any) -> Any:
    if isinstance(value, Share):
        return value.as_json()
    if isinstance(value, Mapping):
        return {key: share.as_json() for key, share in value.items()}
    return value
