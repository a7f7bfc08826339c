"""A mosaic of at most four cells across, held still over the life of a face.

Averages of a grid that moves with the face can be put together again over many frames
(8 cells x 60 frames give back 99 % of the 4 to 8 cycles-per-face band; Gaussian first, 2 to 3 %:
quality plan 1.4). So the cells are taken from the Gaussian blur, and they keep their values
until the light changes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur.layouts import Layout
from streamblur.obscurers._gaussian import enlarged, lowpass
from streamblur.ports import Obscurer, Patch
from streamblur.settings import Settings

CELLS = 4
CHANGE = 0.10
"""Share of full scale by which the average must move before new values are taken."""


class Pixelate:
    """One mosaic for one component of one face."""

    def __init__(self, strength: float, full_scale: float) -> None:
        self._strength = strength
        self._cells = max(1, int(CELLS / strength))
        self._change = CHANGE * full_scale
        self._held: NDArray[np.float32] | None = None

    def __call__(self, patch: Patch) -> Patch:
        soft = lowpass(patch, self._strength)
        size = min(self._cells, soft.shape[1]), min(self._cells, soft.shape[0])
        now = cv2.resize(soft, size, interpolation=cv2.INTER_AREA).reshape(size[::-1]).astype(np.float32)
        held = self._held
        if held is None or held.shape != now.shape or abs(float(now.mean() - held.mean())) > self._change:
            held = self._held = now
        return enlarged(held, patch, cv2.INTER_NEAREST)


def build(settings: Settings, component: Layout) -> Obscurer:
    """A mosaic of 4 / ``settings.strength`` cells across."""
    return Pixelate(settings.strength, float(component.full_scale))
