"""Tracks as lanes of a timeline: where each is seen, guessed, and visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamblur.engine.identity import certain
from streamblur.faces import Faces, FaceTrack, Numbers

Span = tuple[int, int]
"""First and last time stamp."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One track: ``spans`` on which it is covered or kept, ``sights`` at which it was seen (time stamps), ``visible``
    spans on which it is left visible because ``kept`` and surely itself; ``added`` by hand."""

    track: int
    spans: tuple[Span, ...]
    sights: tuple[int, ...]
    visible: tuple[Span, ...]
    kept: bool
    added: bool


def lanes(faces: Faces) -> list[Lane]:
    """Every track, the one that comes first first. ``faces`` have their edits applied."""
    kept = certain(faces, faces.kept)
    found = [_lane(faces, track, kept.get(track.id)) for track in faces.tracks]
    return sorted(found, key=lambda lane: (lane.spans[0], lane.track))


def _lane(faces: Faces, track: FaceTrack, visible: frozenset[int] | None) -> Lane:
    shown = np.searchsorted(faces.times, sorted(visible)) if visible else np.zeros(0, np.int64)
    sights = faces.times[np.unique(track.frames[track.by > 0])].tolist()
    spans = _spans(faces, np.unique(track.frames))
    return Lane(track.id, spans, tuple(sights), _spans(faces, shown), visible is not None, track.added)


def _spans(faces: Faces, frames: Numbers) -> tuple[Span, ...]:
    if not len(frames):
        return ()
    parts = np.split(frames, np.flatnonzero(np.diff(frames) != 1) + 1)
    return tuple((int(faces.times[part[0]]), int(faces.times[part[-1]])) for part in parts)
