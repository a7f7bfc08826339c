"""Where a recording is divided: at its chapters; and its faces with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from streamblur.engine import chapters
from streamblur.faces import Faces, FaceTrack, Fingerprint, Numbers
from streamblur.faces.recorder import Recorder
from streamblur.values import Decided, Frame

MOST = 10_000
"""Chapters at most: a week. What claims to be longer is not believed."""
_NOBODY = Fingerprint("", 0, 0, 0, 0, 1)


class Astray(Exception):
    """The recording cannot be done in parts; all of it in one go can."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A chapter that has frames: its ``number`` among them, counted from 0, and the faces on its frames."""

    number: int
    faces: Faces


def numbers(source: Any) -> range:
    """The chapters that the recording of an open source has, by what it says of its length.

    Raises Astray when it cannot be divided, or has only one.
    """
    info = source.info
    if not source.divisible or info.duration is None:
        raise Astray("its container has no index of exact times")
    begins = Fraction(source.first.pts or 0) * info.time_base
    first, last = (int((begins + Fraction(after)) // chapters.CHAPTER) for after in (0, info.duration))
    if not first < last < first + MOST:
        raise Astray(f"it is not longer than {chapters.CHAPTER} s")
    return range(first, last + 1)


def recorded(flow: Iterable[Decided[Frame]], whole: Recorder) -> Iterator[Stretch]:
    """Each chapter as soon as its last frame is decided; ``whole`` takes down all of them."""
    number, here, part = 0, None, Recorder()
    for decided in flow:
        whole.add(decided)
        if here not in (None, now := chapters.chapter(decided.frame)):
            yield Stretch(number, part.faces(_NOBODY, {}, ""))
            number, part = number + 1, Recorder()
        part.add(decided)
        here = now
    if here is not None:
        yield Stretch(number, part.faces(_NOBODY, {}, ""))


def divided(faces: Faces) -> Iterator[Stretch]:
    """The chapters of a recording whose faces are known, edits applied."""
    base, times = faces.time_base, faces.times
    here = times * base.numerator // (base.denominator * chapters.CHAPTER)
    starts = [0, *(np.flatnonzero(np.diff(here)) + 1).tolist(), len(times)]
    for number, (start, stop) in enumerate(pairwise(starts)):
        yield Stretch(number, _part(faces, start, stop))


def _part(faces: Faces, start: int, stop: int) -> Faces:
    """The faces from frame ``start`` to before ``stop``, counted from there."""

    def within(frames: Numbers) -> Numbers:
        return frames[(frames >= start) & (frames < stop)] - start

    tracks: list[FaceTrack] = []
    for track in faces.tracks:
        rows = track.rows((track.frames >= start) & (track.frames < stop))
        if len(rows.frames):
            tracks.append(replace(rows, frames=rows.frames - start))
    looked, cuts, curtain = within(faces.looked), within(faces.cuts), within(faces.curtain)
    times = faces.times[start:stop]
    return replace(faces, times=times, tracks=tuple(tracks), looked=looked, cuts=cuts, curtain=curtain)
