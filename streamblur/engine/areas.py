"""The area that is written over for one face: in stored pixels, and what of it lies in each component."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from streamblur.geometry import grown, stored
from streamblur.planes import Component
from streamblur.ports import Obscurer, Patch
from streamblur.values import Box, Frame

FEATHER = 0.1
"""Width of the soft edge of an ellipse, outside the area at full strength, as a share of its size."""
FRAME = 2
"""Width in pixels of the green frame."""
GREEN = {"y": 173, "u": 42, "v": 26, "r": 0, "g": 255, "b": 0}
"""(0, 255, 0) in 8 bit; luma and colour differences for BT.709, limited range."""


@dataclass(frozen=True, slots=True)
class Area:
    """A mask in stored pixels, whole ones, outward to the coarsest component; it may reach over the edge."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @staticmethod
    def around(box: Box, frame: Frame, views: Sequence[Component], margin: float, ellipse: bool) -> Area:
        width, height = frame.picture.width, frame.picture.height
        share = margin + (FEATHER / 2 * (1 + 2 * margin) if ellipse else 0.0)
        mask = stored(grown(box, share), width, height, frame.orientation)
        x, y = max(v.layout.step_x for v in views), max(v.layout.step_y for v in views)
        left, top = math.floor(mask.left / x) * x, math.floor(mask.top / y) * y
        right, bottom = math.ceil(mask.right / x) * x, math.ceil(mask.bottom / y) * y
        return Area(left, top, right, bottom, width, height)

    def part(self, x: int, y: int) -> Part | None:
        """What lies in the picture, for components of which one sample stands for ``x`` by ``y`` pixels."""
        left, top = max(0, self.left), max(0, self.top)
        right, bottom = min(self.width, self.right), min(self.height, self.bottom)
        if right <= left or bottom <= top:
            return None
        left, top, right, bottom = left // x, top // y, -(-right // x), -(-bottom // y)
        beside = left - self.left // x, self.right // x - right
        return Part(left, top, right, bottom, (top - self.top // y, self.bottom // y - bottom), beside)

    def outline(self, component: Component) -> None:
        part = self.part(component.layout.step_x, component.layout.step_y)
        if part is None:
            return
        left, top, right, bottom = part.left, part.top, part.right, part.bottom
        across, down = max(1, FRAME // component.layout.step_x), max(1, FRAME // component.layout.step_y)
        value = GREEN[component.layout.name] << (component.layout.bits - 8 + component.layout.shift)
        for line in (np.s_[top : top + down, left:right], np.s_[bottom - down : bottom, left:right]):
            component.view[line] = value
        for line in (np.s_[top:bottom, left : left + across], np.s_[top:bottom, right - across : right]):
            component.view[line] = value


class Part(NamedTuple):
    """What of an area lies in the picture, in the samples of a component, and how many samples of it lie outside:
    ``before`` above and below, ``beside`` left and right."""

    left: int
    top: int
    right: int
    bottom: int
    before: tuple[int, int]
    beside: tuple[int, int]

    def obscure(self, component: Component, obscurer: Obscurer, ellipse: bool) -> None:
        before, beside, shift = self.before, self.beside, component.layout.shift
        view = component.view[self.top : self.bottom, self.left : self.right]
        hidden = _hidden(view, before, beside, obscurer)
        if ellipse:
            weights = _ellipse(sum(before) + view.shape[0], sum(beside) + view.shape[1])
            part = weights[before[0] : before[0] + view.shape[0], beside[0] : beside[0] + view.shape[1]]
            hidden = np.rint(view + (hidden.astype(np.float32) - view) * part).astype(view.dtype)
        view[:] = (hidden >> shift) << shift if shift else hidden


def _hidden(view: NDArray[Any], before: tuple[int, int], beside: tuple[int, int], obscurer: Obscurer) -> NDArray[Any]:
    """Obscure at the full size of the face also where only a part of it is in the picture, so that the
    strength does not fall at the edge; what is outside continues the edge."""
    if not any(before) and not any(beside):
        return obscurer(cast(Patch, view if view.strides[1] == view.itemsize else np.ascontiguousarray(view)))
    # A face far larger than what is seen of it needs no more than its own size again.
    above, below = (min(max(0, n), 4 * view.shape[0]) for n in before)
    left, right = (min(max(0, n), 4 * view.shape[1]) for n in beside)
    whole = np.pad(view, ((above, below), (left, right)), mode="edge")
    return obscurer(whole)[above : above + view.shape[0], left : left + view.shape[1]]


@lru_cache(maxsize=256)
def _ellipse(height: int, width: int) -> NDArray[np.float32]:
    """Weights 0 to 1: 1 on the ellipse that is inscribed less the soft edge, falling to 0 at its border."""
    y = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    radius = np.sqrt(y[:, None] ** 2 + x[None, :] ** 2)
    inner = 1 / (1 + FEATHER)
    return cast(NDArray[np.float32], np.clip((1 - radius) / (1 - inner), 0, 1).astype(np.float32))
