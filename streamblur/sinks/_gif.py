"""Animated GIF, written frame by frame: as many frames as there were, each with its own colours.

Pillow would join frames that look the same, and hold all of them until the end. Layout: GIF89a (CompuServe, 1990).
"""

from __future__ import annotations

import struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin

from streamblur.sinks._indexed import indexed
from streamblur.values import Written

_STAYS, _CLEARED = 1, 2
"""What becomes of a frame before the next one is shown."""


class GifFile:
    """One frame waits until the next one tells whether it may stay on the screen."""

    def __init__(self, file: IO[bytes], how: Written) -> None:
        self._file, self._how = file, how
        self._waiting: NDArray[Any] | None = None
        self._shown: NDArray[Any] | None = None
        self.count = 0

    def add(self, pixels: NDArray[Any]) -> None:
        """Take one frame, red, green, blue and alpha. Raises OSError or ValueError when it cannot be written."""
        if self._waiting is None:
            self._begin(pixels)
        else:
            self._write(self._waiting, _clear(pixels))
        self._waiting = pixels
        self.count += 1

    def finish(self) -> None:
        """Write the last frame."""
        if self._waiting is not None:
            self._write(self._waiting, False)
        self._file.write(b";")

    def _begin(self, pixels: NDArray[Any]) -> None:
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", pixels.shape[1], pixels.shape[0], 0, 0, 0))
        if "loop" in self._how.options:
            loop = struct.pack("<H", self._how.options["loop"])
            self._file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + loop + b"\0")

    def _write(self, pixels: NDArray[Any], next_is_clear: bool) -> None:
        """One frame: all of it where something is transparent in it or after it, else what has changed."""
        number = self.count - 1
        ends = _CLEARED if next_is_clear or _clear(pixels) else _STAYS
        left, top, right, bottom = 0, 0, pixels.shape[1], pixels.shape[0]
        if self._shown is not None and ends == _STAYS:
            left, top, right, bottom = _changed(self._shown, pixels)
        image = indexed(pixels[top:bottom, left:right], self._how.palettes[number])
        told: dict[str, Any] = {"duration": round(self._how.durations[number]), "disposal": ends}
        if "transparency" in image.info:
            told["transparency"] = image.info["transparency"]
        for block in GifImagePlugin.getdata(image, (left, top), include_color_table=True, **told):
            self._file.write(block)
        self._shown = pixels if ends == _STAYS else None


def _clear(pixels: NDArray[Any]) -> bool:
    """Whether anything is transparent."""
    return bool((pixels[..., 3] < 128).any())


def _changed(before: NDArray[Any], now: NDArray[Any]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what differs; one pixel when nothing does."""
    rows, columns = np.nonzero((before != now).any(-1))
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
