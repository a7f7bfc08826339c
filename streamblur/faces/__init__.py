"""Who was found where: everything a run decided about faces, as values, to be kept, mended and used again.

    fingerprint of the input ─ times of its frames ─ tracks (boxes frame by frame) ─ looks, cuts, curtain ─ edits

Boxes are whole hundredths of a pixel from the moment they are decided (``outward``), so that a file holds exactly
what was covered. ``Faces`` are never changed: mending them adds an edit, and ``applied`` gives what then holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamblur.values import Box, Cover

Numbers = NDArray[np.int64]
UNIT = 100
"""Steps per pixel."""
PER_SCORE = 1000
"""Steps of a score from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which input it was: hash and length of the file in bytes, frames decoded, size and orientation as stored."""

    sha256: str
    size: int
    frames: int
    width: int
    height: int
    orientation: int


@dataclass(frozen=True, slots=True, eq=False)
class FaceTrack:
    """One face over time, a row for each box: ``frames`` (which frame, counted from 0, ascending; one that needs
    several boxes comes several times), ``boxes`` of shape (rows, 4) in hundredths of a pixel (left, top, right,
    bottom), ``by`` (0: predicted, n: seen by the nth of ``Faces.detectors``), ``scores`` in thousandths.
    ``added`` by hand."""

    id: int
    frames: Numbers
    boxes: Numbers
    by: Numbers
    scores: Numbers
    added: bool = False

    def rows(self, which: NDArray[Any] | slice) -> FaceTrack:
        """The same track with some of its rows."""
        return FaceTrack(self.id, self.frames[which], self.boxes[which], self.by[which], self.scores[which], self.added)

    def box(self, row: int) -> Box:
        """The box of a row, in pixels."""
        return Box(*(value / UNIT for value in self.boxes[row].tolist()))


@dataclass(frozen=True, eq=False)
class Faces:
    """Everything that was decided about the faces in one input.

    ``times`` are the frames' time stamps in ticks of ``time_base``, strictly ascending. ``looked``, ``cuts`` and
    ``curtain`` list frames (counted from 0). ``settings`` and ``version`` say how they were found. ``regions`` and
    ``excluded`` are written as ``regions.region`` reads them. ``edits`` are explained in ``faces.edits``; ``kept`` are
    the tracks that stay visible, which only ``applied`` fills in.
    """

    source: Fingerprint
    time_base: Fraction
    times: Numbers
    tracks: tuple[FaceTrack, ...]
    detectors: tuple[str, ...] = ()
    looked: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    cuts: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    curtain: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    regions: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    edits: tuple[Mapping[str, Any], ...] = ()
    kept: frozenset[int] = frozenset()

    def track(self, number: int) -> FaceTrack | None:
        """The track of this id, if there is one."""
        return next((track for track in self.tracks if track.id == number), None)

    def frame(self, pts: int) -> int | None:
        """Which frame has this time stamp, counted from 0."""
        place = int(np.searchsorted(self.times, pts))
        return place if place < len(self.times) and int(self.times[place]) == pts else None

    def seconds(self, frame: int) -> float:
        """Time of a frame from the first one on."""
        return float(int(self.times[frame] - self.times[0]) * self.time_base)

    def covers(self, frame: int) -> list[Cover]:
        """The covers of a frame, by track, in pixels; edits that are not ``applied`` have no say."""
        rows, starts = self._by_frame
        found = rows[starts[frame] : starts[frame + 1]].tolist()
        return [self._cover(*row) for row in found]

    @cached_property
    def _by_frame(self) -> tuple[Numbers, Numbers]:
        """All rows in the order of frames and tracks, and where each frame's begin."""
        tracks = sorted(self.tracks, key=lambda track: track.id)
        columns = [np.column_stack([t.frames, np.full(len(t.frames), t.id), t.boxes, t.by, t.scores]) for t in tracks]
        rows = np.concatenate([np.zeros((0, 8), np.int64), *columns])
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return rows, np.searchsorted(rows[:, 0], np.arange(len(self.times) + 1))

    def _cover(self, _: int, track: int, left: int, top: int, right: int, bottom: int, by: int, score: int) -> Cover:
        box = Box(left / UNIT, top / UNIT, right / UNIT, bottom / UNIT)
        return Cover(track, box, by > 0, score / PER_SCORE, self.detectors[by - 1] if by else "")


def outward(box: Box) -> Box:
    """The box in whole hundredths of a pixel, never smaller; one that is already so stays as it is."""
    left, top = (math.floor(edge * UNIT + _NEAR) for edge in (box.left, box.top))
    right, bottom = (math.ceil(edge * UNIT - _NEAR) for edge in (box.right, box.bottom))
    return Box(left / UNIT, top / UNIT, right / UNIT, bottom / UNIT)


_NEAR = 1e-6
"""Of a step: an edge so near to a whole one is that one, less what floating point made of it."""


def steps(box: Box) -> list[int]:
    """Left, top, right and bottom of a box that is ``outward``, in hundredths of a pixel."""
    return [round(edge * UNIT) for edge in (box.left, box.top, box.right, box.bottom)]
