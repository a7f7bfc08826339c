"""Boxes: measure, join, grow, turn, clip. The one place where edges are decided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamblur.values import Box


def overlap(a: Box, b: Box) -> float:
    """Area of the intersection in square pixels."""
    width = (a.right if a.right < b.right else b.right) - (a.left if a.left > b.left else b.left)
    if width <= 0:
        return 0.0
    height = (a.bottom if a.bottom < b.bottom else b.bottom) - (a.top if a.top > b.top else b.top)
    return width * height if height > 0 else 0.0  # nothing is called: this is asked most often of all


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    shared = overlap(a, b)
    return shared / (a.area + b.area - shared) if shared > 0 else 0.0


def edges(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Left, top, right, bottom of each box, shape (boxes, 4)."""
    return np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], np.float64).reshape(-1, 4)


def ious(rows: Sequence[Box], columns: Sequence[Box]) -> NDArray[np.float64]:
    """``iou`` of each box of ``rows`` with each of ``columns``, all at once, since a crowd has thousands of pairs."""
    shared, areas, others = _pairs(rows, columns)
    return _share(shared, areas + others - shared)


def containments(rows: Sequence[Box], columns: Sequence[Box]) -> NDArray[np.float64]:
    """``containment`` of each pair, likewise."""
    shared, areas, others = _pairs(rows, columns)
    return _share(shared, np.minimum(areas, others))


def _pairs(rows: Sequence[Box], columns: Sequence[Box]) -> tuple[NDArray[np.float64], ...]:
    """What each pair shares, and the areas of both."""
    a, b = edges(rows).T[:, :, None], edges(columns).T[:, None]
    wide = np.minimum(a[2], b[2]) - np.maximum(a[0], b[0])
    high = np.minimum(a[3], b[3]) - np.maximum(a[1], b[1])
    areas = ((x[2] - x[0]).clip(0) * (x[3] - x[1]).clip(0) for x in (a, b))
    return wide.clip(0) * high.clip(0), *areas


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return found


def containment(a: Box, b: Box) -> float:
    """Share of the smaller box that lies in the other, 0 to 1."""
    smaller = min(a.area, b.area)
    return overlap(a, b) / smaller if smaller > 0 else 0.0


def union(boxes: Sequence[Box]) -> Box:
    """The smallest box around all of ``boxes`` (at least one)."""
    return Box(
        min(b.left for b in boxes),
        min(b.top for b in boxes),
        max(b.right for b in boxes),
        max(b.bottom for b in boxes),
    )


def between(a: Box, b: Box, share: float) -> Box:
    """The box at ``share`` of the way from ``a`` (0) to ``b`` (1)."""
    return Box(
        a.left + (b.left - a.left) * share,
        a.top + (b.top - a.top) * share,
        a.right + (b.right - a.right) * share,
        a.bottom + (b.bottom - a.bottom) * share,
    )


def moved(box: Box, dx: float, dy: float) -> Box:
    """The box shifted by (dx, dy) pixels."""
    return Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy)


def mirrored(box: Box, width: float) -> Box:
    """The box in the mirror image of a picture of this width."""
    return Box(width - box.right, box.top, width - box.left, box.bottom)


def scaled(box: Box, x: float, y: float) -> Box:
    """The box in a picture that is ``x`` times as wide and ``y`` times as high."""
    return Box(box.left * x, box.top * y, box.right * x, box.bottom * y)


def grown(box: Box, share: float) -> Box:
    """The box with ``share`` of its size added on every side."""
    dx, dy = box.width * share, box.height * share
    return Box(box.left - dx, box.top - dy, box.right + dx, box.bottom + dy)


def clipped(box: Box, width: float, height: float) -> Box | None:
    """The part of the box inside a picture of this size, or None when nothing is."""
    part = Box(max(0.0, box.left), max(0.0, box.top), min(width, box.right), min(height, box.bottom))
    return part if part.width > 0 and part.height > 0 else None


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Size (width, height) as shown of a picture stored with this EXIF orientation (1 to 8)."""
    return (height, width) if orientation >= 5 else (width, height)


def stored(box: Box, width: int, height: int, orientation: int) -> Box:
    """An upright box as it lies in the stored picture of ``width`` x ``height``.

    ``orientation`` is EXIF 1 to 8: 2 mirrored, 3 upside down, 4 flipped, 5 transposed,
    6 needs a quarter turn clockwise to be upright, 7 transverse, 8 a quarter turn counter-clockwise.
    """
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    match orientation:
        case 2:
            return Box(width - right, top, width - left, bottom)
        case 3:
            return Box(width - right, height - bottom, width - left, height - top)
        case 4:
            return Box(left, height - bottom, right, height - top)
        case 5:
            return Box(top, left, bottom, right)
        case 6:
            return Box(top, height - right, bottom, height - left)
        case 7:
            return Box(width - bottom, height - right, width - top, height - left)
        case 8:
            return Box(width - bottom, left, width - top, right)
    return box
