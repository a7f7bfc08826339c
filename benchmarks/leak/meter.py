"""Measure what a tool left visible: original and output in, a report out. Needs none of the tool's internals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.leak.bounds import Share
from benchmarks.leak.changes import NEAR, Change, changed
from benchmarks.leak.exposure import exposed
from benchmarks.leak.pairs import Pair, pairs
from benchmarks.leak.report import Report, bin_of
from benchmarks.leak.truth import Truth, cuts, linked, thumbnail
from streamblur.geometry import grown, overlap
from streamblur.values import Box

MIN_WIDTH = 24.0
AFTER_CUT = 10
GAP = 10


@dataclass(slots=True)
class _Seen:
    """Per frame: time, whether each true face is exposed (None: cannot be told), what was changed."""

    faces: list[list[Box]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    states: list[list[bool | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    thumbnails: list[NDArray[np.float32]] = field(default_factory=list)
    missing: int = 0


def measure(original: Path, output: Path, truth: Truth, min_width: float = MIN_WIDTH) -> Report:
    """How much of the faces in ``original`` can still be seen in ``output``.

    Faces narrower than ``min_width`` pixels count in their width's bin alone. Frames the truth says
    nothing about are not read. A frame that the output lacks shows nobody; it is counted as missing.
    """
    seen = _Seen()
    for pair, faces in zip(pairs(original, output, len(truth.boxes)), truth.boxes, strict=False):
        _look(seen, pair, list(faces))
    shots = truth.cuts if truth.cuts is not None else cuts(seen.thumbnails)
    tracks = linked(seen.faces, shots)
    return _faces(seen, shots, min_width) + _tracks(seen, tracks, min_width) + _masks(seen, tracks)


def _look(seen: _Seen, pair: Pair, faces: list[Box]) -> None:
    seen.faces.append(faces)
    seen.times.append(pair.time)
    seen.thumbnails.append(thumbnail(pair.original))
    if pair.output is None:
        seen.missing += 1
        seen.states.append([None] * len(faces))
        seen.changes.append(Change((), 0.0, 0.0))
    else:
        seen.states.append([exposed(pair.original, pair.output, face) for face in faces])
        seen.changes.append(changed(pair.original, pair.output, faces))


def _faces(seen: _Seen, shots: Sequence[int], min_width: float) -> Report:
    """What can be said of single face-frames."""
    of, hits, unclear = Counter[str](), Counter[str](), 0
    for number, (faces, states) in enumerate(zip(seen.faces, seen.states, strict=True)):
        fresh = any(cut <= number < cut + AFTER_CUT for cut in shots)
        for face, state in zip(faces, states, strict=True):
            large = face.width >= min_width
            unclear += large and state is None
            names = [bin_of(face.width), "leak" if large else None, "cut" if large and fresh else None]
            for name in (name for name in names if name and state is not None):
                of[name] += 1
                hits[name] += bool(state)
    shares = {name: Share(hits[name], of[name]) for name in of}
    leak, after = shares.pop("leak", Share()), shares.pop("cut", Share())
    return Report(unclear=unclear, leak=leak, after_cuts=after, widths=shares, cuts=len(shots))


def _tracks(seen: _Seen, tracks: list[list[tuple[int, int]]], min_width: float) -> Report:
    """What can be said of faces over time."""
    found = Report()
    for track in tracks:
        wide = [(n, i) for n, i in track if seen.faces[n][i].width >= min_width]
        states = [state for n, i in wide if (state := seen.states[n][i]) is not None]
        if states:
            found += _track(states)
    return found


def _track(states: list[bool]) -> Report:
    runs = _runs(states)
    onset = states.index(False) if False in states else len(states)
    inner = [length for start, length in runs if start and start + length < len(states)]
    return Report(
        tracks=Share(int(any(states)), 1),
        longest=max((length for _, length in runs), default=0),
        onset=Share(onset, sum(states)),
        onset_tracks=Share(int(onset > 0), 1),
        gaps=sum(length <= GAP for length in inner),
    )


def _runs(states: list[bool]) -> list[tuple[int, int]]:
    """Start and length of each run of exposed frames."""
    edges = np.flatnonzero(np.diff(np.array([False, *states, False], np.int8)))
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _masks(seen: _Seen, tracks: list[list[tuple[int, int]]]) -> Report:
    """What can be said of the masks."""
    strays = [_strays(change, faces) for change, faces in zip(seen.changes, seen.faces, strict=True)]
    shakes = [shake for track in tracks for shake in _shakes(seen, track)]
    count = len(seen.times)
    return Report(
        frames=count,
        seconds=(seen.times[-1] - seen.times[0]) * count / (count - 1) if count > 1 else 0.0,
        missing=seen.missing,
        masked=sum(change.masked for change in seen.changes),
        outside=sum(change.outside for change in seen.changes),
        false_masks=len(linked(strays)),
        false_frames=Share(sum(map(bool, strays)), count),
        shakes=len(shakes),
        shake=sum(shake * shake for shake in shakes),
    )


def _strays(change: Change, faces: list[Box]) -> list[Box]:
    near = [grown(face, NEAR) for face in faces]
    return [region for region in change.regions if not any(overlap(region, face) for face in near)]


def _shakes(seen: _Seen, track: list[tuple[int, int]]) -> list[float]:
    """Second differences (x and y) of the centre of the track's own mask over its frames, in face widths."""
    places = {number: place for number, index in track if (place := _mask(seen, number, index))}
    found: list[float] = []
    for number, (x, y) in places.items():
        if number - 1 in places and number + 1 in places:
            (x0, y0), (x1, y1) = places[number - 1], places[number + 1]
            found += [x0 - 2 * x + x1, y0 - 2 * y + y1]
    # divided by the mean width: the face's own breathing is no shake
    width = float(np.mean([seen.faces[number][index].width for number, index in track]))
    return [value / width for value in found]


def _mask(seen: _Seen, number: int, index: int) -> tuple[float, float] | None:
    """Centre of the connected mask that hides this face and no other."""
    centers = [face.center for face in seen.faces[number]]
    x, y = centers[index]
    for region in seen.changes[number].regions:
        if region.left <= x < region.right and region.top <= y < region.bottom:
            inside = [c for c in centers if region.left <= c[0] < region.right and region.top <= c[1] < region.bottom]
            return region.center if len(inside) == 1 else None
    return None
