"""Covered frames as JPEG pictures in memory, one by one: what a browser shows as a live picture."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np

from streamblur.planes import AnalysisPicture
from streamblur.values import SafeFrame

LONGEST = 1280
_QUALITY = 4
"""FFmpeg's scale for MJPEG: 2 is the best, 31 the least."""


class Jpegs:
    """Turns frames into JPEGs, upright, at most ``longest`` pixels long."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._small = AnalysisPicture(longest)
        self._codec: Any = None

    def __call__(self, frame: SafeFrame) -> bytes:
        """One JPEG file."""
        pixels = self._small(frame.picture, frame.orientation)
        high, wide = (side - side % 2 or side for side in pixels.shape[:2])
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:high, :wide]), "rgb24")
        if self._codec is None or (self._codec.width, self._codec.height) != (wide, high):
            self._codec = self._opened(wide, high)
        picture = picture.reformat(format="yuvj420p")
        picture.pts = None
        return b"".join(bytes(packet) for packet in self._codec.encode(picture))

    def _opened(self, width: int, height: int) -> Any:
        codec: Any = av.CodecContext.create("mjpeg", "w")
        codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuvj420p", Fraction(1, 30)
        codec.thread_count = 1
        codec.options = {"qmin": str(_QUALITY), "qmax": str(_QUALITY)}
        return codec
