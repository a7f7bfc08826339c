"""On which frames a track surely still is the face that it began with, so that it may stay visible.

Whoever may have been taken for somebody else stays hidden: where the box of another track touches this one's, after
it did, after a cut, and from where looks did not see a face for longer than ``LOST`` on. What comes after can be
split off (``faces.edits``) and looked at by a person.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from streamblur.errors import SettingsError
from streamblur.faces import Faces, FaceTrack, Numbers

LOST = 0.5
"""Seconds without a sight, though there was a look, from which a face may be another when it is seen again ..."""
UNLOOKED = 2.0
"""... and without any look."""


def certain(faces: Faces, numbers: Iterable[int]) -> dict[int, frozenset[int]]:
    """For each of these tracks the time stamps at which it surely is the face that it began with.

    Raises SettingsError for a track that is not there.
    """
    kept: dict[int, frozenset[int]] = {}
    for number in numbers:
        track = faces.track(number)
        if track is None:
            known = ", ".join(str(each.id) for each in faces.tracks[:20]) or "none"
            raise SettingsError(f"There is no face {number} to be kept visible: the faces file knows {known}.")
        frames = np.unique(track.frames)
        sure = (frames >= _sure_from(faces, track)) & (frames < _doubtful_from(faces, track))
        kept[number] = frozenset(faces.times[frames[sure]].tolist())
    return kept


def _sure_from(faces: Faces, track: FaceTrack) -> int:
    """The first frame that is not longer before the first sight than a face may be lost."""
    sights = track.frames[track.by > 0]
    if track.added or not len(sights):
        return int(track.frames[0])
    reach = round(LOST / faces.time_base)
    return int(np.searchsorted(faces.times, int(faces.times[sights[0]]) - reach))


def _doubtful_from(faces: Faces, track: FaceTrack) -> int:
    """The first frame from which the track may be another face."""
    first, end = int(track.frames[0]), int(track.frames[-1]) + 1
    cuts = faces.cuts[(faces.cuts > first) & (faces.cuts < end)].tolist()
    others = (other for other in faces.tracks if other.id != track.id)
    touched = min((_touches(track, other, end) for other in others), default=end)
    return int(min(end, *cuts[:1], touched, _lost(faces, track, end)))


def _touches(track: FaceTrack, other: FaceTrack, end: int) -> int:
    """The first frame on which a box of the other touches one of the track; ``end`` if none does."""
    first, stop = (np.searchsorted(other.frames, track.frames, side) for side in ("left", "right"))
    found = end
    for nth in range(int((stop - first).max(initial=0))):
        rows = np.flatnonzero(first + nth < stop)
        a, b = track.boxes[rows], other.boxes[first[rows] + nth]
        touching = (a[:, :2] < b[:, 2:]).all(1) & (b[:, :2] < a[:, 2:]).all(1)
        found = min(found, int(track.frames[rows][touching].min(initial=found)))
    return found


def _lost(faces: Faces, track: FaceTrack, end: int) -> int:
    """The frame after the last sight before the first stretch without one that is too long; ``end`` if there is
    none, or it is a drawn track, which a person has followed."""
    sights: Numbers = np.unique(track.frames[track.by > 0])
    if track.added:
        return end
    if not len(sights):
        return int(track.frames[0])
    edges = np.append(sights, end - 1)
    gaps = np.diff(faces.times[edges]) * float(faces.time_base)
    missed = np.searchsorted(faces.looked, edges[1:]) > np.searchsorted(faces.looked, edges[:-1], "right")
    long = np.flatnonzero((gaps > LOST) & missed | (gaps > UNLOOKED))
    return int(sights[long[0]]) + 1 if len(long) else end
