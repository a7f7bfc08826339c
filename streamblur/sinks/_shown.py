"""A frame as it is shown: upright, in the pixel format that a screen, a stream or a camera wants."""

from __future__ import annotations

from typing import Any

import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from streamblur.geometry import upright_size
from streamblur.planes import turned
from streamblur.values import SafeFrame, StreamInfo


class Shown:
    """Makes pictures of one size, that of the stream as it is shown."""

    def __init__(self, info: StreamInfo) -> None:
        self._reformatter = VideoReformatter()
        self.size = upright_size(info.width, info.height, info.orientation)

    def pixels(self, frame: SafeFrame, pixel_format: str) -> NDArray[Any]:
        """(height, width, 3) in rgb24 or bgr24."""
        picture = self._reformatter.reformat(frame.picture, format=pixel_format)
        return np.ascontiguousarray(turned(picture.to_ndarray(), frame.orientation))

    def picture(self, frame: SafeFrame, pixel_format: str) -> VideoFrame:
        """In any format; one that fits is handed on as it is."""
        if frame.orientation == 1:
            return self._reformatter.reformat(frame.picture, format=pixel_format)
        return VideoFrame.from_ndarray(self.pixels(frame, "rgb24"), "rgb24").reformat(format=pixel_format)
