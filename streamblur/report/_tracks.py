"""What can be said of each face, and where somebody should look: one order of risk for reports and reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from streamblur.faces import PER_SCORE, UNIT, Faces, FaceTrack, Numbers
from streamblur.findings import Finding

UNSEEN = 0.7
"""Seconds without a sight from which it is worth a look where a face is covered."""
WEAK = 0.6
"""Highest score of a track below which it may be no face, or one hardly seen."""
BRIEF = 0.3
"""Seconds under which a track is brief: a face seen for a moment, or nothing."""
MOST = 200
"""Spots listed at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One face: first and last second, smallest and largest width and highest in pixels, lowest and highest score of a
    sight, frames covered, of which ``predicted`` without a sight, longest time without one in seconds."""

    track: int
    start: float
    end: float
    smallest: float
    largest: float
    lowest: float
    highest: float
    frames: int
    predicted: int
    unseen: float
    added: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to look at, at ``time`` (seconds from the first frame): ``risk`` 0 to 1, ``why`` in words."""

    time: float
    end: float
    risk: float
    why: str
    track: int | None = None


def rows(faces: Faces) -> list[Row]:
    """Every face, in the order of ids."""
    return [_row(faces, track) for track in sorted(faces.tracks, key=lambda track: track.id)]


def _row(faces: Faces, track: FaceTrack) -> Row:
    widths = (track.boxes[:, 2] - track.boxes[:, 0]) / UNIT
    seen = track.by > 0
    scores = track.scores[seen] / PER_SCORE
    frames = _once(track.frames)
    return Row(
        track.id,
        faces.seconds(int(frames[0])),
        faces.seconds(int(frames[-1])),
        float(widths.min()),
        float(widths.max()),
        float(scores.min()) if len(scores) else 0.0,
        float(scores.max()) if len(scores) else 0.0,
        len(frames),
        len(frames) - len(_once(track.frames[seen])),
        max((end - start for start, end in unseen(faces, track)), default=0.0),
        track.added,
    )


def unseen(faces: Faces, track: FaceTrack) -> list[tuple[float, float]]:
    """The stretches (seconds) on which a face was covered though a look did not see it, longer than UNSEEN."""
    frames, sights = _once(track.frames), _once(track.frames[track.by > 0])
    edges = _once(np.concatenate([frames[:1], sights, frames[-1:]]))
    times = (faces.times[edges] - faces.times[0]) * float(faces.time_base)
    before, until = np.searchsorted(faces.looked, edges[:-1], "right"), np.searchsorted(faces.looked, edges[1:])
    long = np.flatnonzero((np.diff(times) > UNSEEN) & (until > before))
    return list(zip(times[long].tolist(), times[long + 1].tolist(), strict=True))


def _once(ascending: Numbers) -> Numbers:
    """Each of ascending numbers once."""
    found: Numbers = ascending[np.diff(ascending, prepend=-1) != 0]
    return found


def spots(faces: Faces, findings: Sequence[Finding] = ()) -> list[Spot]:
    """Where to look, the riskiest first: faces left in the output, curtains, then what was covered on weak grounds."""
    found = [
        Spot(f.start, f.end, 0.9 + 0.1 * f.score * f.shown, "a face can be seen in the output", f.track)
        for f in findings
    ]
    found += [Spot(start, end, 0.5, "the whole picture is hidden") for start, end in runs(faces, faces.curtain)]
    for track in faces.tracks:
        found += _doubts(faces, track, _row(faces, track))
    return sorted(found, key=lambda spot: (-spot.risk, spot.time))[:MOST]


def _doubts(faces: Faces, track: FaceTrack, row: Row) -> Iterator[Spot]:
    if track.added:
        return
    for start, end in unseen(faces, track):
        risk = min(0.8, 0.4 + 0.2 * (end - start))
        yield Spot(start, end, risk, f"followed for {end - start:.1f} s in which looks did not see it", track.id)
    if row.highest < WEAK:
        why = f"never seen clearly (score {row.highest:.2f} at most); it may be no face"
        yield Spot(row.start, row.end, 0.35 + 0.2 * (WEAK - row.highest), why, track.id)
    elif row.end - row.start < BRIEF and len(faces.times) > 1:
        yield Spot(row.start, row.end, 0.3, "there for a moment only", track.id)
    if row.lowest < WEAK <= row.highest and row.smallest < 20:
        yield Spot(row.start, row.end, 0.25, f"small: {row.smallest:.0f} pixels wide at its smallest", track.id)


def runs(faces: Faces, frames: Numbers) -> list[tuple[float, float]]:
    """Frames that follow one another, as stretches in seconds."""
    if not len(frames):
        return []
    breaks = np.flatnonzero(np.diff(frames) != 1) + 1
    return [(faces.seconds(int(part[0])), faces.seconds(int(part[-1]))) for part in np.split(frames, breaks)]
