"""Where did the tool change the picture? Found in the difference of original and output, beyond codec noise.

The picture is cut into blocks. A block's *change* is its mean absolute difference over the detail
the original has around it, so that a hard edge roughened by the codec does not count and a soft cheek
smoothed away does. Where the line lies was measured: README.md, "What counts as a mask".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.leak.pairs import Gray
from streamblur.geometry import clipped, grown
from streamblur.values import Box

SURE, LIKELY = 0.8, 0.4
"""A region needs 3 x 3 blocks whose mean change is above SURE; it reaches as far as blocks above LIKELY."""
NOISE = 8.0
"""Grey levels of detail that every block is granted: smaller differences are noise, whatever lies under them."""
NEAR = 0.5
"""Share of a face's size added on every side: twice its width and height. Masks beyond are over-blur."""

Blocks = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Change:
    """``regions`` are connected masks; ``masked`` and ``outside`` shares of the picture, ``outside`` being what
    lies beyond twice the size of every true face."""

    regions: tuple[Box, ...]
    masked: float
    outside: float


def changed(original: Gray, output: Gray, faces: list[Box]) -> Change:
    """What the tool changed on this picture, given its true ``faces``."""
    block = 8 if max(original.shape) >= 960 else 4
    blocks, regions = _regions(_change(original, output, block))
    far = blocks.copy()
    for face in faces:
        _clear(far, face, block)
    boxes = tuple(Box(x * block, y * block, (x + w) * block, (y + h) * block) for x, y, w, h in regions)
    return Change(boxes, float(blocks.mean()), float(far.mean()))


def _change(original: Gray, output: Gray, block: int) -> NDArray[np.float32]:
    rows, columns = original.shape
    size = max(1, columns // block), max(1, rows // block)
    reach = 4 * block + 1
    soft = cv2.blur(original, (reach, reach))
    detail = _mean(cv2.absdiff(original, soft), size)
    difference = _mean(cv2.absdiff(original, output), size)
    return np.asarray(difference / (NOISE + cv2.blur(detail, (3, 3))), np.float32)


def _mean(picture: object, size: tuple[int, int]) -> NDArray[np.float32]:
    return cv2.resize(np.asarray(picture), size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _regions(change: NDArray[np.float32]) -> tuple[Blocks, list[tuple[int, int, int, int]]]:
    """The masked blocks (0 or 1), and left, top, width, height of each connected mask in blocks."""
    sure = cv2.blur(change, (3, 3)) > SURE
    if not sure.any():
        return np.zeros(change.shape, np.uint8), []
    likely = cv2.morphologyEx((change > LIKELY).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    held = np.zeros(count, np.uint8)
    held[np.unique(labels[sure])] = 1
    held[0] = 0
    boxes = [(int(x), int(y), int(w), int(h)) for x, y, w, h, _ in stats[held == 1]]
    return held[labels], boxes


def _clear(blocks: Blocks, face: Box, block: int) -> None:
    rows, columns = blocks.shape
    near = clipped(grown(face, NEAR), columns * block, rows * block)
    if near is not None:
        rows_in = slice(math.floor(near.top / block), math.ceil(near.bottom / block))
        blocks[rows_in, math.floor(near.left / block) : math.ceil(near.right / block)] = 0
