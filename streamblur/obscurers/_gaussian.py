"""The one low-pass that every style stands on.

A true Gaussian of sigma >= 0.25 x face width keeps the best linear inverse at the noise floor,
also over 200 to 300 frames; box filters, and mosaics of unfiltered pixels, do not (measured:
quality plan 1.4). It has to be computed on at least 24 samples across, because a coarser grid
folds finer detail into the band that survives; 32 were measured to be enough.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur.ports import Patch

SAMPLES = 32
SIGMA = 0.25


def lowpass(patch: Patch, strength: float) -> NDArray[np.float32]:
    """The patch on 32 to 63 samples across (fewer if it has fewer), blurred by ``SIGMA * strength`` of its size.

    Values are those of the patch. The cost does not grow with the strength, and with the size of the
    patch only by one averaging pass, which is over whole numbers of pixels because OpenCV does those
    two to four times as fast.
    """
    small = _shrunk(patch)
    height, width = small.shape
    share = SIGMA * strength
    return _gaussian(height, share) @ small.astype(np.float32) @ _gaussian(width, share).T


def _shrunk(patch: Patch) -> NDArray[Any]:
    height, width = patch.shape
    down, across = max(1, height // SAMPLES), max(1, width // SAMPLES)
    if down == across == 1:
        return patch
    if height % down or width % across:
        patch = cast(Patch, cv2.copyMakeBorder(patch, 0, -height % down, 0, -width % across, cv2.BORDER_REPLICATE))
    size = patch.shape[1] // across, patch.shape[0] // down
    return cv2.resize(patch, size, interpolation=cv2.INTER_AREA).reshape(size[::-1])


@lru_cache(maxsize=128)
def _gaussian(count: int, sigma: float) -> NDArray[np.float32]:
    """The blur of a line of ``count`` samples as a matrix, ``sigma`` as a share of its length.

    Beyond its ends the line goes on with its last value. At this size two products with a matrix
    take a fifth of the time of a separable filter, whose kernel is longer than the line.
    """
    reach = int(np.ceil(4 * sigma * count))
    places = np.arange(-reach, count + reach)
    weights = np.exp(-((places[None, :] - np.arange(count)[:, None]) ** 2) / (2 * (sigma * count) ** 2))
    weights /= weights.sum(axis=1, keepdims=True)
    inside = weights[:, reach : reach + count].copy()
    inside[:, 0] += weights[:, :reach].sum(axis=1)
    inside[:, -1] += weights[:, reach + count :].sum(axis=1)
    return inside.astype(np.float32)


def enlarged(small: NDArray[np.float32], patch: Patch, interpolation: int) -> Patch:
    """``small`` brought to the size and sample type of ``patch``."""
    rounded: NDArray[Any] = (small + np.float32(0.5)).astype(patch.dtype)
    if rounded.shape == patch.shape:
        return rounded
    result = cv2.resize(rounded, (patch.shape[1], patch.shape[0]), interpolation=interpolation)
    return cast(Patch, result.reshape(patch.shape))
