"""A decoded frame as component views: native pixels, no conversion, no copy.

``components(picture)`` gives one 2-D view per component of the frame's own memory, whatever
its layout: planar, semi-planar (nv12), packed (rgb24, yuyv422). Writing to a view writes to
the frame; call ``writable`` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from streamblur.geometry import upright_size
from streamblur.layouts import Layout, layouts

Samples = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Component:
    """One component of one frame: its layout and the view on its samples (rows, columns)."""

    layout: Layout
    view: Samples


def components(picture: av.VideoFrame) -> tuple[Component, ...]:
    """Views on every component of the picture.

    Raises ValueError for a format that is not native.
    """
    found = layouts(picture.format.name)
    if not found:
        raise ValueError(f"no component views for pixel format {picture.format.name}")
    return tuple(Component(layout, _view(picture, layout)) for layout in found)


def _view(picture: av.VideoFrame, layout: Layout) -> Samples:
    width = -(-picture.width // layout.step_x)
    height = -(-picture.height // layout.step_y)
    plane = picture.planes[layout.plane]
    kind: Any = np.uint16 if layout.bits > 8 else np.uint8
    line = abs(plane.line_size) // np.dtype(kind).itemsize
    samples: NDArray[Any] = np.frombuffer(memoryview(plane), kind)
    rows = samples[: line * height].reshape(height, line)
    return rows[:, layout.first :: layout.stride][:, :width]


def writable(picture: av.VideoFrame) -> None:
    """Make sure that nobody else, such as the decoder, refers to the picture's memory (copy on write)."""
    picture.make_writable()


def luma(picture: av.VideoFrame) -> Component:
    """The component that shows brightness best: luma, or green."""
    return next(c for c in components(picture) if c.layout.name in "yg")


def remembered(picture: av.VideoFrame) -> av.VideoFrame:
    """Its brightness alone, in 8 bits, as a picture of the same size: what is hidden later can still be followed."""
    component = luma(picture)
    copy = av.VideoFrame(picture.width, picture.height, "gray")
    extra = component.layout.bits + component.layout.shift - 8
    components(copy)[0].view[:] = component.view >> extra if extra > 0 else component.view
    return copy


def nothing() -> av.VideoFrame:
    """A picture of no size, in place of one that is not held any more. Nothing can be written from it."""
    return av.VideoFrame()


def copied(picture: av.VideoFrame) -> av.VideoFrame:
    """The same picture in memory of its own."""
    copy = _empty_like(picture)
    for before, after in zip(picture.planes, copy.planes, strict=True):
        old, new = _rows(before), _rows(after)
        width = min(old.shape[1], new.shape[1])
        new[:, :width] = old[:, :width]
    copy.pts, copy.dts, copy.duration = picture.pts, picture.dts, picture.duration
    if picture.time_base is not None:  # a picture that no decoder made has none
        copy.time_base = picture.time_base
    return copy


def blank(picture: av.VideoFrame, grey: float = 0.1) -> av.VideoFrame:
    """A picture of the same kind that shows nothing but ``grey``, a share of full brightness."""
    empty = _empty_like(picture)
    for plane in empty.planes:
        _rows(plane)[:] = 0
    for component in components(empty):
        scale = 1 << component.layout.bits
        value = scale // 2 if component.layout.middle else int(scale * grey)
        component.view[:] = value << component.layout.shift
    return empty


def _empty_like(picture: av.VideoFrame) -> av.VideoFrame:
    empty = av.VideoFrame(picture.width, picture.height, picture.format.name)
    empty.colorspace, empty.color_range = picture.colorspace, picture.color_range
    empty.color_primaries, empty.color_trc = picture.color_primaries, picture.color_trc
    return empty


def _rows(plane: Any) -> NDArray[np.uint8]:
    """The lines of a plane, padding included."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, abs(plane.line_size))


def turned(picture: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A stored picture as it is shown, for an EXIF orientation of 1 to 8 (a view, not a copy)."""
    match orientation:
        case 2:
            return picture[:, ::-1]
        case 3:
            return picture[::-1, ::-1]
        case 4:
            return picture[::-1]
        case 5:
            return picture.swapaxes(0, 1)
        case 6:
            return np.rot90(picture, -1)
        case 7:
            return np.rot90(picture[:, ::-1], -1)
        case 8:
            return np.rot90(picture, 1)
    return picture


def gray(picture: av.VideoFrame, orientation: int) -> NDArray[np.uint8]:
    """Brightness in 8 bit as it is shown, shape (height, width), contiguous."""
    component = luma(picture)
    deep = component.layout.bits + component.layout.shift - 8
    view = component.view >> deep if component.layout.bits > 8 else component.view
    return np.ascontiguousarray(turned(view.astype(np.uint8, copy=False), orientation))


class AnalysisPicture:
    """Makes the small upright RGB picture that a detector gets, with one swscale call.

    ``longest`` is the longest side in pixels; smaller pictures are not enlarged.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._reformatter = VideoReformatter()

    def __call__(self, picture: av.VideoFrame, orientation: int) -> NDArray[np.uint8]:
        """RGB, shape (height, width, 3), contiguous."""
        shrink = min(1.0, self._longest / max(picture.width, picture.height))
        size = max(1, round(picture.width * shrink)), max(1, round(picture.height * shrink))
        small = self._reformatter.reformat(picture, *size, "rgb24", interpolation=Interpolation.AREA)
        return np.ascontiguousarray(turned(small.to_ndarray(), orientation))


def shown_size(picture: av.VideoFrame, orientation: int) -> tuple[int, int]:
    """Width and height of the picture as shown."""
    return upright_size(picture.width, picture.height, orientation)
