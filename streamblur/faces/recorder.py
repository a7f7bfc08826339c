"""Writing down what a run decides, frame by frame, to a fraction of the size of the covers themselves."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from streamblur.errors import InputError
from streamblur.faces import PER_SCORE, Faces, FaceTrack, Fingerprint, Numbers, steps
from streamblur.values import Cover, Decided, StreamInfo

_PIECE = 1 << 20


@dataclass(slots=True)
class _Columns:
    """The rows of one track so far: frame, box (4), by, score for each."""

    rows: array[int] = field(default_factory=lambda: array("q"))

    def track(self, number: int) -> FaceTrack:
        table = np.frombuffer(self.rows, np.int64).reshape(-1, 7).copy()
        return FaceTrack(number, table[:, 0], table[:, 1:5], table[:, 5], table[:, 6])


class Recorder:
    """Takes every decided frame; ``faces`` gives all of it back. Regions chosen by hand are not faces."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Columns] = {}
        self._times: array[int] = array("q")
        self._lists = {"looked": array("q"), "cuts": array("q"), "curtain": array("q")}
        self._detectors: dict[str, int] = {"": 0}
        self._time_base = Fraction(1)

    def add(self, decided: Decided[Any]) -> None:
        """Write down one frame, the next in time."""
        number = len(self._times)
        self._times.append(decided.frame.pts)
        self._time_base = decided.frame.time_base
        for name, holds in (("looked", decided.looked), ("cuts", decided.cut), ("curtain", decided.curtain)):
            if holds:
                self._lists[name].append(number)
        for cover in decided.covers:
            if not cover.exact:
                self._tracks.setdefault(cover.track, _Columns()).rows.extend(self._row(number, cover))

    def _row(self, number: int, cover: Cover) -> tuple[int, ...]:
        source = cover.source or ("unknown" if cover.seen else "")
        by = self._detectors.setdefault(source, len(self._detectors)) if cover.seen else 0
        return number, *steps(cover.box), by, round(min(1.0, max(0.0, cover.score)) * PER_SCORE)

    def faces(self, source: Fingerprint, settings: Mapping[str, Any], version: str) -> Faces:
        """Everything so far; ``source.frames`` is counted here."""
        looked, cuts, curtain = (_numbers(each) for each in self._lists.values())
        counted = Fingerprint(
            source.sha256, source.size, len(self._times), source.width, source.height, source.orientation
        )
        tracks = tuple(self._tracks[number].track(number) for number in sorted(self._tracks))
        return Faces(
            counted,
            self._time_base,
            _numbers(self._times),
            tracks,
            tuple(list(self._detectors)[1:]),
            looked,
            cuts,
            curtain,
            settings,
            version,
        )


def _numbers(values: array[int]) -> Numbers:
    return np.array(values, np.int64)


def fingerprint(place: Path, info: StreamInfo) -> Fingerprint:
    """Of the input at ``place``; its frames are not counted. Raises InputError when it cannot be read."""
    digest, size = sha256(place)
    return Fingerprint(digest, size, 0, info.width, info.height, info.orientation)


def sha256(place: Path) -> tuple[str, int]:
    """Hash and length of a file. Raises InputError when it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        with place.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise InputError(f"cannot read {place}: {error.strerror}. Check the name and that you may read it.") from error
    return digest.hexdigest(), size
