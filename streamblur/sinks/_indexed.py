"""Frames of at most 256 colours, for GIF: what was not hidden keeps its colours exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_CHUNK = 4096
_WEIGHTS = np.array([65536, 256, 1], np.uint32)


def indexed(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Image.Image:
    """An RGBA frame in the colours of ``palette`` (rows of red, green, blue), the nearest for those not in it.

    Transparency is all or nothing; it takes the last entry, and of 256 colours the last one's place.
    """
    see_through = pixels[..., 3] < 128
    colours = palette if len(palette) else np.zeros((1, 3), np.uint8)
    if see_through.any():
        colours = np.vstack([colours[:255], np.zeros((1, 3), np.uint8)])
    usable = len(colours) - int(see_through.any()) or 1
    packed = pixels[..., :3].astype(np.uint32) @ _WEIGHTS
    values, where = np.unique(packed, return_inverse=True)
    numbers = _nearest(values, colours[:usable])[where].reshape(packed.shape)
    numbers[see_through] = len(colours) - 1
    image = Image.fromarray(numbers)
    image.putpalette(colours.tobytes())
    if see_through.any():
        image.info["transparency"] = len(colours) - 1
    return image


def _nearest(values: NDArray[Any], colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The row of ``colours`` that is nearest to each packed colour; an equal one where there is."""
    found = np.empty(len(values), np.uint8)
    spread = np.stack([values >> 16, values >> 8 & 255, values & 255], 1).astype(np.float32)
    targets = colours.astype(np.float32)
    lengths = (targets**2).sum(1)
    for start in range(0, len(values), _CHUNK):
        part = spread[start : start + _CHUNK]
        found[start : start + _CHUNK] = (lengths - 2 * part @ targets.T).argmin(1)
    return found
