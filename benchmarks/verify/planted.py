"""Exposures made on purpose: covers taken out of what a run found, or halved, where the truth says there is a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamblur.faces import UNIT, Faces, FaceTrack
from streamblur.geometry import grown, overlap
from streamblur.values import Box

MARGIN = 0.2
"""Of the run: what is added to every cover."""
EACH = 12
"""Exposures of a kind in one clip, at most."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``widths`` of the faces in pixels, on how many ``frames`` in a row, all of the face or ``half`` of it."""

    name: str
    widths: tuple[float, float]
    frames: int
    half: bool = False


KINDS = (
    Kind("single frame", (32, 4000), 1),
    Kind("half the face, single frame", (32, 4000), 1, True),
    Kind("small (16-32 px), single frame", (16, 32), 1),
    Kind("small (16-32 px), 5 frames", (16, 32), 5),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A face (``box`` on each of ``frames``) that was left open."""

    kind: str
    frames: tuple[int, ...]
    boxes: tuple[Box, ...]


def planted(faces: Faces, truth: Sequence[Sequence[Box]], seed: int) -> tuple[Faces, list[Planted]]:
    """The faces with exposures in them, no two within five frames of each other, and what they are."""
    random = np.random.default_rng(seed)
    taken: set[int] = set()
    made: list[Planted] = []
    for kind in KINDS:
        places = [(n, i) for n, boxes in enumerate(truth) for i, box in enumerate(boxes) if _fits(box, kind, boxes)]
        random.shuffle(places)
        for number, index in places:
            frames = tuple(range(number, number + kind.frames))
            free = not taken & set(range(number - 3, number + kind.frames + 3))
            boxes = _followed(truth, number, index, kind.frames)
            if free and boxes and sum(p.kind == kind.name for p in made) < EACH:
                taken |= set(frames)
                made.append(Planted(kind.name, frames, boxes))
                faces = opened(faces, made[-1], kind.half, int(random.integers(4)))
    return faces, made


def _fits(box: Box, kind: Kind, others: Sequence[Box]) -> bool:
    return kind.widths[0] <= box.width < kind.widths[1]


def _followed(truth: Sequence[Sequence[Box]], number: int, index: int, frames: int) -> tuple[Box, ...]:
    """The same face on so many frames, empty if it is not there on all of them."""
    boxes = [truth[number][index]]
    for later in range(number + 1, number + frames):
        there = truth[later] if later < len(truth) else ()
        best = max(there, key=lambda box: overlap(box, boxes[-1]), default=None)
        if best is None or not overlap(best, boxes[-1]):
            return ()
        boxes.append(best)
    return tuple(boxes)


def opened(faces: Faces, what: Planted, half: bool, side: int) -> Faces:
    tracks = []
    for track in faces.tracks:
        keep = np.ones(len(track.frames), np.bool_)
        boxes = track.boxes.copy()
        for frame, face in zip(what.frames, what.boxes, strict=True):
            for row in np.flatnonzero(track.frames == frame):
                if overlap(grown(track.box(int(row)), MARGIN), face):
                    keep[row] = half
                    boxes[row] = _half(face, side)
        rows: FaceTrack = replace(track, boxes=boxes).rows(keep)
        tracks.append(rows)
    return replace(faces, tracks=tuple(track for track in tracks if len(track.frames)))


def _half(face: Box, side: int) -> list[int]:
    """A cover that hides one half of the face (left, top, right, bottom) after the margin is added, and goes beyond."""
    x, y = face.center
    far = grown(face, 0.4)
    half = (
        Box(far.left, far.top, x, far.bottom),
        Box(far.left, far.top, far.right, y),
        Box(x, far.top, far.right, far.bottom),
        Box(far.left, y, far.right, far.bottom),
    )[side]
    cover = grown(half, -MARGIN / (1 + 2 * MARGIN))
    return [round(edge * UNIT) for edge in (cover.left, cover.top, cover.right, cover.bottom)]
