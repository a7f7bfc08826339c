"""Going over one picture in several passes, and making one list of faces of what they saw.

A network sees a picture shrunk to its own input, so small faces vanish in the whole picture and
large ones do not fit a tile: every detector looks at the whole and at overlapping tiles. Passes
that agree are joined into one face with so many votes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from streamblur.geometry import clipped, containment, iou, moved, scaled, union
from streamblur.ports import Image
from streamblur.values import Box, Detection

Look = Callable[[Image], Sequence[Detection]]
"""One pass of a network over one picture or tile; boxes in that tile's pixels."""

_SAME = 0.35  # IoU from which two boxes are one face: neighbours in a crowd stay below it
_INSIDE = 0.7  # share of a box inside another from which it says nothing of its own
_PART = 16.0  # a part of a face covers a sixteenth of it at least: an eye is a quarter of its width
_LOOSE = 6.0  # areas up to which a box may be too large when its face is a speck in the pass
_OFF = 0.3  # share of a box by which its middle may be off
_SURE = 0.75  # score from which a sight is relied on
_EDGE = 2.0  # pixels from a tile's inner edge within which a box counts as cut by it


@dataclass(frozen=True, slots=True)
class Layer:
    """One way over the picture: ``side`` of the square tiles in pixels (0: the whole picture at once).

    ``overlap`` is how many pixels neighbouring tiles share at least: the largest face that
    no seam may cut. ``longest`` is the longest side in pixels to which the picture is shrunk
    before (0: as it is), for networks that take any size.
    """

    look: Look
    side: int = 0
    overlap: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """What one pass saw, in the picture's pixels.

    ``grain`` is the longest side of what the pass looked at, in pixels: the smaller, the sharper it saw.
    ``cut`` when a tile's inner edge runs through the face.
    """

    detection: Detection
    grain: float
    cut: bool = False


class Scan:
    """Finds the faces of one picture after another.

    ``turns`` are sets of layers used in turn, so that a face on a seam of one look is not on a
    seam of the next. ``min_face`` is the shortest side in pixels of a face that is reported.
    """

    def __init__(self, turns: Sequence[Sequence[Layer]], min_face: float) -> None:
        self._turns = turns
        self._min_face = min_face
        self._turn = 0

    def __call__(self, image: Image) -> list[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first."""
        layers = self._turns[self._turn % len(self._turns)]
        self._turn += 1
        height, width = image.shape[:2]
        sights = [sight for layer in _fitting(layers, max(width, height)) for sight in _over(image, layer)]
        faces = []
        for face in joined(sights):
            box = clipped(face.box, width, height)
            if box is not None and min(box.width, box.height) >= self._min_face:
                faces.append(replace(face, box=box))
        return faces


def starts(length: int, side: int, overlap: int) -> list[int]:
    """Where tiles of ``side`` pixels begin so that they cover ``length`` and share ``overlap`` at least."""
    if side <= 0 or side >= length:
        return [0]
    count = math.ceil((length - overlap) / (side - overlap))
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def tiles(width: int, height: int, side: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Tiles (left, top, right, bottom) that cover a picture."""
    wide, high = (min(side, width), min(side, height)) if side > 0 else (width, height)
    return [
        (left, top, left + wide, top + high)
        for top in starts(height, side, overlap)
        for left in starts(width, side, overlap)
    ]


def _fitting(layers: Sequence[Layer], longest: int) -> list[Layer]:
    """The layers for a picture of this longest side, each once: small pictures need no shrinking and no tiles."""
    fitting = (
        replace(
            layer,
            longest=layer.longest if layer.longest < longest else 0,
            side=layer.side if layer.side < longest else 0,
            overlap=layer.overlap if layer.side < longest else 0,
        )
        for layer in layers
    )
    return list(dict.fromkeys(fitting))


def _over(image: Image, layer: Layer) -> Iterator[Sight]:
    """What a layer sees, in the pixels of ``image``."""
    height, width = image.shape[:2]
    if not layer.longest:
        yield from _passes(image, layer)
        return
    shrink = layer.longest / max(width, height)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    for sight in _passes(small, layer):
        box = scaled(sight.detection.box, width / size[0], height / size[1])
        yield replace(sight, detection=replace(sight.detection, box=box))


def _passes(image: Image, layer: Layer) -> Iterator[Sight]:
    height, width = image.shape[:2]
    for left, top, right, bottom in tiles(width, height, layer.side, layer.overlap):
        tile = np.ascontiguousarray(image[top:bottom, left:right])
        inner = Box(
            left + _EDGE if left > 0 else -math.inf,
            top + _EDGE if top > 0 else -math.inf,
            right - _EDGE if right < width else math.inf,
            bottom - _EDGE if bottom < height else math.inf,
        )
        for seen in layer.look(tile):
            box = moved(seen.box, left, top)
            yield Sight(replace(seen, box=box), max(tile.shape[:2]), union((box, inner)) != inner)


def joined(sights: Sequence[Sight]) -> list[Detection]:
    """One detection per face, best first: the best score, the box as the sharpest passes saw it whole."""
    groups: list[list[Sight]] = []
    for sight in sorted(sights, key=lambda s: (s.cut, -s.detection.score)):
        home = next((g for g in groups if _same(g[0], sight)), None)
        if home is None:
            groups.append([sight])
        else:
            home.append(sight)
    faces = sorted((_face(group) for group in groups), key=lambda s: -s.detection.score)
    return [face.detection for face in faces if not any(_covers(other, face) for other in faces if other is not face)]


def _same(first: Sight, sight: Sight) -> bool:
    a, b = first.detection.box, sight.detection.box
    return iou(a, b) >= _SAME or (sight.cut and containment(a, b) >= _INSIDE)


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


def _covers(other: Sight, face: Sight) -> bool:
    """Whether ``other`` makes ``face`` superfluous.

    A weak sight inside a sharper or as sharp, stronger and larger one is an eye or a mouth taken for a face. A blurred
    large sight around a sure sharp one is the same face seen from too far. A small face in a large
    false box is neither, and stays.
    """
    a, b = other.detection, face.detection
    if containment(a.box, b.box) < _INSIDE:
        return False
    if a.box.area >= b.box.area:
        return a.score > b.score and other.grain <= face.grain and a.box.area <= _PART * b.box.area
    return (
        a.score >= _SURE and other.grain < face.grain and b.box.area <= _LOOSE * a.box.area and _central(a.box, b.box)
    )


def _central(inner: Box, outer: Box) -> bool:
    (x, y), (u, v) = inner.center, outer.center
    return abs(x - u) <= _OFF * outer.width and abs(y - v) <= _OFF * outer.height
