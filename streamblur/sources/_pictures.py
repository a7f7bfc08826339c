"""Making every decoded picture one of the pictures announced: format, size, rows from the top down."""

from __future__ import annotations

from typing import Any

import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from streamblur import layouts

_TURNS = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, 1, -1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, -1, 1, 0): 8,
}
_ROTATIONS = {0: 1, 1: 8, 2: 3, 3: 6}
_MOST_NOTES = 5


def orientation(picture: VideoFrame) -> int:
    """The EXIF orientation (1 to 8) nearest to the picture's display matrix; 1 when it has none.

    The matrix maps (x right, y down) to (a x + c y, b x + d y), as in ISO/IEC 14496-12.
    """
    try:
        sides: Any = picture.side_data
    except ValueError:  # PyAV 18 knows not all kinds, such as EXIF, and then shows none; flips are lost with them
        return _ROTATIONS.get(round(picture.rotation / 90) % 4, 1)
    for data in sides:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = (int(v) for v in np.frombuffer(bytes(data), np.int32)[:5])
            return max(_TURNS.items(), key=lambda turn: np.dot(turn[0], (a, b, c, d)))[1]
    return 1


class Pictures:
    """Turns pictures into the size and format of the first one; a picture that already fits passes untouched."""

    def __init__(self, first: VideoFrame) -> None:
        self._reformatter = VideoReformatter()
        self.width, self.height = first.width, first.height
        name = first.format.name
        self._first = first.width, first.height, name
        self.pixel_format = name if layouts.native(name) else layouts.nearest(name)
        self.notes: tuple[str, ...] = ()
        if name != self.pixel_format:
            self.notes = (f"pixel format {name} was converted to {self.pixel_format}",)

    def __call__(self, picture: VideoFrame) -> VideoFrame:
        if any(plane.line_size < 0 for plane in picture.planes):
            picture = _top_down(picture)
        same = (picture.width, picture.height, picture.format.name) == (self.width, self.height, self.pixel_format)
        if not same and (picture.width, picture.height, picture.format.name) != self._first:
            self._tell(f"{picture.width}x{picture.height} {picture.format.name}")
        return picture if same else self._made_alike(picture)

    def _tell(self, what: str) -> None:
        note = f"the picture changes on the way to {what}; it is written as {self.width}x{self.height}"
        if note not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes += (note,)

    def _made_alike(self, picture: VideoFrame) -> VideoFrame:
        alike = self._reformatter.reformat(picture, self.width, self.height, self.pixel_format)
        alike.duration = picture.duration
        return alike


def _top_down(picture: VideoFrame) -> VideoFrame:
    """The same picture with its rows in memory from the top down, which is how views on it are made."""
    turned = VideoFrame(picture.width, picture.height, picture.format.name)
    for before, after in zip(picture.planes, turned.planes, strict=True):
        old, new = _rows(before), _rows(after)
        width = min(old.shape[1], new.shape[1])
        new[:, :width] = old[:: -1 if before.line_size < 0 else 1, :width]
    turned.pts, turned.dts, turned.duration = picture.pts, picture.dts, picture.duration
    turned.time_base = picture.time_base
    turned.colorspace, turned.color_range = picture.colorspace, picture.color_range
    turned.color_primaries, turned.color_trc = picture.color_primaries, picture.color_trc
    return turned


def _rows(plane: object) -> NDArray[np.uint8]:
    line = abs(plane.line_size)  # type: ignore[attr-defined]
    return np.frombuffer(plane, np.uint8).reshape(-1, line)  # type: ignore[call-overload,no-any-return]
