"""Is this face still visible? Judged by what the original showed there, not by what a tool says; without an original,
by whether there is any detail in which a face could be recognised.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur.values import Box

Gray = NDArray[np.uint8]
"""Brightness, shape (height, width), upright."""

SIDE, CELLS = 64, 4
FINE, COARSE = 1.2, 5.0
"""Gaussian sigmas in pixels of the 64-pixel face; between them lie about 4 to 16 cycles per face,
the band in which people and machines recognise one."""
TEXTURED = 1.5
"""Grey levels (standard deviation) a cell of the original must have to say anything."""
ALIKE, KEPT = 0.5, 0.25
"""A cell shows the original when it correlates by more than ALIKE and keeps more than KEPT of its contrast."""
EXPOSED = 0.25
"""A face is exposed when at least this share of its textured cells shows the original."""
DETAILED = 2.5
"""Grey levels of detail that a cell of an output must have: above what a codec adds to a blurred one."""
FLAT, LINES, LINED = 2, 0.2, 0.75
"""A patch is a mosaic when LINED of all its steps of more than FLAT grey levels lie on LINES of its rows and columns:
of 470 faces none had more than 0.53 there, of mosaics the median is 0.98."""


def exposed(original: Gray, output: Gray, face: Box) -> bool | None:
    """Whether the face is still visible; None when the original itself shows too little to tell."""
    share = shown(original, output, face)
    return None if share is None else share >= EXPOSED


def shown(original: Gray, output: Gray, face: Box) -> float | None:
    """Share of the face's textured cells that still show the original, 0 to 1."""
    inside = _inside(original, face)
    if inside is None:
        return None
    was, now = _cells(original[inside]), _cells(output[inside])
    contrast, left_over = was.std(axis=1), now.std(axis=1)
    textured = contrast >= TEXTURED
    if textured.sum() < CELLS:
        return None
    alike = (was * now).mean(axis=1) > ALIKE * contrast * left_over
    return float((textured & alike & (left_over > KEPT * contrast)).sum() / textured.sum())


def detailed(output: Gray, face: Box) -> float:
    """Share of a face's cells that hold any detail in the band in which faces are recognised, 0 to 1.

    Of a face blurred or filled by us it is near 0, of one in the open near 1; a mosaic has edges, but flat cells.
    """
    inside = _inside(output, face)
    if inside is None:
        return 0.0
    patch = output[inside]
    return 0.0 if _mosaic(patch) else float((_cells(patch).std(axis=1) >= DETAILED).mean())


def _mosaic(patch: Gray) -> bool:
    """Whether nearly all that changes in the patch changes along a few straight lines, across and down."""
    values = patch.astype(np.int16)
    return all(_lined(np.abs(np.diff(values, axis=axis)).astype(np.float32), 1 - axis) for axis in (0, 1))


def _lined(steps: NDArray[np.float32], along: int) -> bool:
    steps[steps <= FLAT] = 0.0
    lines = np.sort(steps.sum(axis=along))[::-1]
    few = lines[: max(1, round(LINES * len(lines)))]
    return float(few.sum()) >= LINED * max(1.0, float(lines.sum()))


def _inside(picture: Gray, face: Box) -> tuple[slice, slice] | None:
    """The part of the picture under the face; None when it is too small to say anything."""
    rows, columns = picture.shape
    left, top = max(0, int(face.left)), max(0, int(face.top))
    right, bottom = min(columns, int(face.right)), min(rows, int(face.bottom))
    if right - left < 8 or bottom - top < 8:
        return None
    return slice(top, bottom), slice(left, right)


def _cells(patch: Gray) -> NDArray[np.float32]:
    """The 4-16 cycles per face band as 16 rows of 256 values with mean 0."""
    face = cv2.resize(patch, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    band = cv2.GaussianBlur(face, (0, 0), FINE) - cv2.GaussianBlur(face, (0, 0), COARSE)
    step = SIDE // CELLS
    cells = band.reshape(CELLS, step, CELLS, step).swapaxes(1, 2).reshape(CELLS * CELLS, step * step)
    return np.asarray(cells - cells.mean(axis=1, keepdims=True), np.float32)
