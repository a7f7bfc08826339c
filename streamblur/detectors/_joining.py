"""What several passes over one picture saw, made one list of faces.

Passes that agree are joined into one face with so many votes; what is only a part of a face, or the blur around one,
goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamblur.geometry import containments, ious
from streamblur.values import Box, Detection

_SAME = 0.35  # IoU from which two boxes are one face: neighbours in a crowd stay below it
_INSIDE = 0.7  # share of a box inside another from which it says nothing of its own
_PART = 16.0  # a part of a face covers a sixteenth of it at least: an eye is a quarter of its width
_LOOSE = 6.0  # areas up to which a box may be too large when its face is a speck in the pass
_OFF = 0.3  # share of a box by which its middle may be off
_SURE = 0.75  # score from which a sight is relied on


@dataclass(frozen=True, slots=True)
class Sight:
    """What one pass saw, in the picture's pixels.

    ``grain`` is the longest side of what the pass looked at, in pixels: the smaller, the sharper it saw.
    ``cut`` when a tile's inner edge runs through the face.
    """

    detection: Detection
    grain: float
    cut: bool = False


def joined(sights: Sequence[Sight]) -> list[Detection]:
    """One detection per face, best first: the best score, the box as the sharpest passes saw it whole."""
    ordered = sorted(sights, key=lambda s: (s.cut, -s.detection.score))
    boxes = [sight.detection.box for sight in ordered]
    cut = np.array([sight.cut for sight in ordered], np.bool_)
    same = (ious(boxes, boxes) >= _SAME) | (cut[:, None] & (containments(boxes, boxes) >= _INSIDE))
    firsts: list[int] = []
    groups: list[list[Sight]] = []
    for number, sight in enumerate(ordered):
        homes = np.flatnonzero(same[number, firsts])
        if len(homes):
            groups[homes[0]].append(sight)
        else:
            firsts.append(number)
            groups.append([sight])
    faces = sorted((_face(group) for group in groups), key=lambda s: -s.detection.score)
    return [face.detection for face in _needed(faces)]


def _face(group: Sequence[Sight]) -> Sight:
    """The face that a group agrees on. Cut sights vote, but do not shape the box of a face seen whole."""
    shaping = [s for s in group if not s.cut] or list(group)
    boxes = [s.detection.box for s in shaping]
    edges = np.array([[b.left, b.top, b.right, b.bottom] for b in boxes])
    weights = np.array([max(s.detection.score, 0.01) / s.grain**2 for s in shaping])
    left, top, right, bottom = (float(e) for e in weights @ edges / weights.sum())
    best = max((s.detection for s in group), key=lambda d: d.score)
    face = replace(best, box=Box(left, top, right, bottom), votes=sum(s.detection.votes for s in group))
    return Sight(face, min(s.grain for s in shaping))


def _needed(faces: Sequence[Sight]) -> list[Sight]:
    """Those that no other one makes superfluous."""
    boxes = [face.detection.box for face in faces]
    near = containments(boxes, boxes) >= _INSIDE
    np.fill_diagonal(near, False)
    return [
        f for f, others in zip(faces, near, strict=True) if not any(_covers(faces[i], f) for i in others.nonzero()[0])
    ]


def _covers(other: Sight, face: Sight) -> bool:
    """Whether ``other``, in which ``face`` lies or which lies in it, makes ``face`` superfluous.

    A weak sight inside a sharper or as sharp, stronger and larger one is an eye or a mouth taken for a face. A blurred
    large sight around a sure sharp one is the same face seen from too far. A small face in a large
    false box is neither, and stays.
    """
    a, b = other.detection, face.detection
    if a.box.area >= b.box.area:
        return a.score > b.score and other.grain <= face.grain and a.box.area <= _PART * b.box.area
    return (
        a.score >= _SURE and other.grain < face.grain and b.box.area <= _LOOSE * a.box.area and _central(a.box, b.box)
    )


def _central(inner: Box, outer: Box) -> bool:
    (x, y), (u, v) = inner.center, outer.center
    return abs(x - u) <= _OFF * outer.width and abs(y - v) <= _OFF * outer.height
