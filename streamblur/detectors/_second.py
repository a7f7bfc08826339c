"""A second opinion on faces that a network is not sure of: close-ups of four at a time, seen by another network.

Measured with MediaPipe's full range in doubt (score below 0.75) and its short range asked: 94 % of 313 real
faces get 0.5 or more, and 8 of 209 false boxes on pictures without a face (bottles, machines, dogs, a forest).
The first score says nothing more once the second is known (logistic fit), so the second replaces it.
Four on a sheet cost one pass; nine no longer fit its eyes (69 %).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from streamblur.geometry import iou
from streamblur.ports import Image
from streamblur.values import Box, Detection

Judge = Callable[[Image], Sequence[tuple[Detection, complex]]]
"""A pass of a network that also says how each head is tilted: the direction (unit length) of its own right, as we
see it, in the picture."""

SURE = 0.75  # a score that needs no second opinion: 1 false box in 105 looks at pictures without a face
LIKELY = 0.5  # a score that counts as a vote
CELL = 96  # pixels of one close-up on the sheet of two by two
_AROUND = 2.0  # side of a close-up in units of the face's longer side
_TURNED = 0.1  # opinion from which a face is worth a look the other way up: seen upside down, it seldom has less
_SAME = 0.25  # IoU from which the second network means the same face


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second network says: ``score`` (0: no face), how the head is tilted, and where it lies exactly."""

    score: float
    tilt: complex
    box: Box


def doubted(image: Image, faces: Sequence[Detection], judge: Judge, both_ways: bool = False) -> list[Detection]:
    """``faces``, best first, each unsure one with the score that ``judge`` gives it (0: sees no face).

    ``both_ways`` also asks about it upside down.
    """
    weak = [face for face in faces if face.score < SURE]
    judged = [face for face in faces if face.score >= SURE]
    boxes = [face.box for face in weak]
    said = either_way_up(image, boxes, judge) if both_ways else opinions(image, [(b, 1 + 0j) for b in boxes], judge)
    for face, opinion in zip(weak, said, strict=True):
        judged.append(replace(face, score=opinion.score, votes=face.votes + (opinion.score >= LIKELY)))
    return sorted(judged, key=lambda face: -face.score)


def either_way_up(image: Image, boxes: Sequence[Box], judge: Judge) -> list[Opinion]:
    """What ``judge`` says of each face; of one that it is not sure of, also seen the other way up."""
    said = opinions(image, [(box, 1 + 0j) for box in boxes], judge)
    unsure = [i for i, opinion in enumerate(said) if _TURNED <= opinion.score < LIKELY]
    others = opinions(image, [(boxes[i], -1 + 0j) for i in unsure], judge)
    for i, other in zip(unsure, others, strict=True):
        said[i] = max(said[i], other, key=lambda opinion: opinion.score)
    return said


def opinions(image: Image, faces: Sequence[tuple[Box, complex]], judge: Judge, cell: int = CELL) -> list[Opinion]:
    """What ``judge`` says of each face (box, tilt), seen upright by that tilt in a close-up of ``cell`` pixels."""
    return [
        opinion for first in range(0, len(faces), 4) for opinion in _four(image, faces[first : first + 4], judge, cell)
    ]


def _four(image: Image, faces: Sequence[tuple[Box, complex]], judge: Judge, cell: int) -> Iterator[Opinion]:
    sheet = np.full((2 * cell, 2 * cell, 3), 128, np.uint8)
    middles = [complex((place % 2 + 0.5) * cell, (place // 2 + 0.5) * cell) for place in range(len(faces))]
    for middle, (box, tilt) in zip(middles, faces, strict=True):
        left, top = int(middle.real - cell / 2), int(middle.imag - cell / 2)
        sheet[top : top + cell, left : left + cell] = _closeup(image, box, tilt, cell)
    seen = judge(sheet)
    for middle, (box, tilt) in zip(middles, faces, strict=True):
        zoom = tilt.conjugate() * cell / _span(box)
        here = _turned(box, middle, zoom)
        same = ((found, turn) for found, turn in seen if iou(found.box, here) >= _SAME)
        best, turn = max(same, key=lambda m: m[0].score, default=(None, 1 + 0j))
        if best is None:
            yield Opinion(0.0, tilt, box)
        else:
            center = complex(*box.center) + (complex(*best.box.center) - middle) / zoom
            yield Opinion(best.score, turn * tilt, _turned(best.box, center, 1 / zoom))


def _closeup(image: Image, box: Box, tilt: complex, cell: int) -> Image:
    """Shape (cell, cell, 3): the box in the middle, turned so that a head tilted so stands upright."""
    zoom = tilt.conjugate() * cell / _span(box)
    moved = complex(cell, cell) / 2 - complex(*box.center) * zoom
    placed = np.array([[zoom.real, -zoom.imag, moved.real], [zoom.imag, zoom.real, moved.imag]])
    shown = cv2.warpAffine(image, placed, (cell, cell), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return shown.astype(np.uint8, copy=False)


def _turned(box: Box, center: complex, zoom: complex) -> Box:
    """The box around the ellipse in ``box``, turned and enlarged by ``zoom``, its middle at ``center``."""
    wide = math.hypot(box.width * zoom.real, box.height * zoom.imag) / 2
    high = math.hypot(box.width * zoom.imag, box.height * zoom.real) / 2
    return Box(center.real - wide, center.imag - high, center.real + wide, center.imag + high)


def _span(box: Box) -> float:
    """Pixels of the picture that a close-up shows."""
    return max(box.width, box.height) * _AROUND
