"""What a second look at an output found: faces that may still be recognised in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamblur.values import Box


@dataclass(frozen=True, slots=True)
class Finding:
    """One face left, from ``start`` to ``end`` (seconds from the first frame, the last one included) on ``frames``
    frames. ``box`` (upright pixels), ``score`` (0 to 1, how surely a face) and ``shown`` (0 to 1, how much of its
    detail can be seen) are those of its worst frame, ``worst`` (seconds); ``track`` is the face it may belong to.
    ``places`` lists every frame (counted from 0) and the box on it."""

    start: float
    end: float
    frames: int
    box: Box
    score: float
    shown: float
    worst: float
    track: int | None = None
    places: tuple[tuple[int, Box], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome: what was found, in time order; how many frames were seen and how many looked at; with which eyes;
    whether the original and the faces file had a say; seconds of CPU time it took."""

    findings: tuple[Finding, ...]
    frames: int
    looks: int
    eyes: tuple[str, ...]
    by_content: bool
    by_faces: bool
    cpu: float
