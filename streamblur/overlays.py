"""A picture with transparency laid over part of a frame: in the frame's own pixels, upright as the frame is shown."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from streamblur.geometry import stored, upright_size
from streamblur.layouts import Layout
from streamblur.planes import Component, components, shown_size, turned
from streamblur.values import Box, Frame

if TYPE_CHECKING:
    import av

Values = NDArray[Any]
"""Numbers of 32 bits with a fraction, shape (height, width) or (height, width, channels)."""
_KEPT = 64
"""Sizes of a picture that are kept ready."""
_FINE = 32
"""Sizes differ by about this part of themselves, so that a face that moves does not need a new one each time."""
_LARGEST = 4096
_BACK = {6: 8, 8: 6}
"""The orientation that turns an upright picture into a stored one, where it is not the same."""
_FULL_RANGE, _LIMITED = 2, 1
_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_WEIGHTS |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Of red and blue in brightness, by the matrix coefficients of ITU-T H.273."""
_WHITE = {16: 0.58, 18: 0.75}
"""Where PQ and HLG have the white of a page (ITU-R BT.2408)."""


@dataclass(frozen=True, slots=True)
class Tones:
    """How colours become samples: weights of red and blue in brightness, whole or limited range, where white is."""

    red: float
    blue: float
    full: bool
    white: float

    @staticmethod
    def of(picture: av.VideoFrame) -> Tones:
        """Those of a picture; where it does not say, as players take it."""
        name, said = picture.format.name, int(picture.color_range)
        full = said == _FULL_RANGE or name.startswith("yuvj") or (name.startswith("gray") and said != _LIMITED)
        red, blue = _WEIGHTS.get(int(picture.colorspace), _WEIGHTS[1 if picture.height >= 720 else 6])
        return Tones(red, blue, full, _WHITE.get(int(picture.color_trc), 1.0))

    def samples(self, rgb: Values, layout: Layout) -> Values:
        """The samples of one component, not subsampled, for colours from 0 to 1 of shape (height, width, 3)."""
        red, green, blue = (rgb[..., n] * np.float32(self.white) for n in range(3))
        one, scale = float(1 << layout.shift), float(1 << layout.bits)
        if layout.name in "rgb":
            return np.asarray({"r": red, "g": green, "b": blue}[layout.name] * ((scale - 1) * one))
        bright = self.red * red + (1 - self.red - self.blue) * green + self.blue * blue
        if layout.name == "y":
            return np.asarray((bright * (scale - 1) if self.full else (16 + 219 * bright) * (scale / 256)) * one)
        colour = (blue - bright) / (2 - 2 * self.blue) if layout.name == "u" else (red - bright) / (2 - 2 * self.red)
        return np.asarray((scale / 2 + colour * (scale - 1 if self.full else 224 * scale / 256)) * one)


@dataclass(frozen=True, slots=True)
class _Part:
    """One component of a picture that is ready: samples, and how opaque they are (0 to 1)."""

    samples: Values
    opaque: Values

    def onto(self, component: Component, left: int, top: int) -> None:
        """Blend with its upper left corner at a sample of the component, as far as both reach."""
        rows, columns = component.view.shape
        high, wide = self.opaque.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(columns, left + wide), min(rows, top + high)
        if x0 >= x1 or y0 >= y1:
            return
        part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        view, shift = component.view[y0:y1, x0:x1], component.layout.shift
        mixed = np.rint(view + (self.samples[part] - view) * self.opaque[part])
        whole: NDArray[Any] = np.clip(mixed, 0, component.layout.full_scale).astype(view.dtype)
        view[:] = (whole >> shift) << shift


class Overlay:
    """``pixels``: red, green, blue and alpha of 8 bits, shape (height, width, 4), upright."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        whole = pixels.astype(np.float32) / 255
        whole[..., :3] *= whole[..., 3:]
        self.height, self.width = pixels.shape[:2]
        self._levels = [whole]
        while min(self._levels[-1].shape[:2]) >= 32:
            high, wide = (n // 2 for n in self._levels[-1].shape[:2])
            self._levels.append(resized(self._levels[-1], wide, high))
        self._made: OrderedDict[Any, tuple[_Part, ...]] = OrderedDict()

    def fill(self, frame: Frame, left: int, top: int, right: int, bottom: int) -> None:
        """Lay it over an area in stored pixels, whole and undistorted, in the middle."""
        across, down = upright_size(right - left, bottom - top, frame.orientation)
        scale = min(across / self.width, down / self.height, _LARGEST / max(self.width, self.height))
        step = max(1, round(self.width * scale / _FINE)) / self.width
        scale = max(scale - scale % step, min(scale, step))
        self._lay(frame, scale, (left + right) / 2, (top + bottom) / 2)

    def corner(self, frame: Frame, share: float) -> None:
        """Lay it over the lower right corner as shown; ``share`` of the shorter side is its height."""
        width, height = shown_size(frame.picture, frame.orientation)
        short = min(width, height)
        scale = min(max(10.0, share * short) / self.height, 0.4 * width / self.width, 0.4 * height / self.height)
        right, bottom = width - 0.02 * short, height - 0.02 * short
        upright = Box(right - self.width * scale, bottom - self.height * scale, right, bottom)
        box = stored(upright, frame.picture.width, frame.picture.height, frame.orientation)
        self._lay(frame, scale, *box.center)

    def _lay(self, frame: Frame, scale: float, x: float, y: float) -> None:
        """With its middle at a stored pixel."""
        views = components(frame.picture)
        step_x, step_y = (
            max(steps) for steps in zip(*((v.layout.step_x, v.layout.step_y) for v in views), strict=True)
        )
        tones, name = Tones.of(frame.picture), frame.picture.format.name
        key = round(self.width * scale), round(self.height * scale), frame.orientation, name, tones
        parts = self._made.pop(key, None) or self._ready(key, views, (step_x, step_y))
        self._made[key] = parts
        if len(self._made) > _KEPT:
            self._made.popitem(last=False)
        high, wide = (
            parts[0].opaque.shape[0] * views[0].layout.step_y,
            parts[0].opaque.shape[1] * views[0].layout.step_x,
        )
        left, top = round((x - wide / 2) / step_x) * step_x, round((y - high / 2) / step_y) * step_y
        for part, component in zip(parts, views, strict=True):
            part.onto(component, left // component.layout.step_x, top // component.layout.step_y)

    def _ready(self, key: Any, views: tuple[Component, ...], steps: tuple[int, int]) -> tuple[_Part, ...]:
        """Every component in one size and orientation, padded to whole steps."""
        wide, high, orientation, _, tones = key
        wide, high = max(1, wide), max(1, high)
        source = next(v for v in reversed(self._levels) if v is self._levels[0] or v.shape[1] >= wide)
        lies = turned(resized(source, wide, high), _BACK.get(orientation, orientation))
        rows, columns = lies.shape[:2]
        padded = np.pad(lies, ((0, -rows % steps[1]), (0, -columns % steps[0]), (0, 0)))
        opaque = np.ascontiguousarray(padded[..., 3])
        rgb = padded[..., :3] / np.maximum(opaque, 1e-6)[..., None]
        return tuple(_part(tones.samples(rgb, v.layout), opaque, v.layout) for v in views)


def _part(samples: Values, opaque: Values, layout: Layout) -> _Part:
    """Each sample the mean of what it stands for, weighed by how opaque that is."""
    weighed, seen = _means(samples * opaque, layout), _means(opaque, layout)
    return _Part(weighed / np.maximum(seen, np.float32(1e-6)), seen)


def _means(values: Values, layout: Layout) -> Values:
    rows, columns = values.shape[0] // layout.step_y, values.shape[1] // layout.step_x
    return np.asarray(values.reshape(rows, layout.step_y, columns, layout.step_x).mean((1, 3)))


def resized(pixels: Values, width: int, height: int) -> Values:
    """Shape (height, width, 4): linear interpolation, of wider reach where it shrinks; alpha must be multiplied in."""
    rows, columns = _linear(height, pixels.shape[0]), _linear(width, pixels.shape[1])
    flat = rows @ pixels.reshape(pixels.shape[0], -1)
    answer = columns @ flat.reshape(height, pixels.shape[1], -1)
    return np.asarray(answer, np.float32)


def _linear(count: int, before: int) -> Values:
    """The weights of ``before`` samples in each of ``count`` that span the same length."""
    scale = before / count
    middles = (np.arange(count) + 0.5) * scale - 0.5
    weights = np.maximum(0, 1 - np.abs(middles[:, None] - np.arange(before)[None]) / max(1.0, scale))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
