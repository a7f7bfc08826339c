"""A picture that is in memory already, as a source."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamblur.errors import InputError
from streamblur.ports import Source
from streamblur.sources._raster import frame_of
from streamblur.values import Frame, StreamInfo, Written

TICKS = Fraction(1, 1000)


class _ArraySource:
    def __init__(self, pixels: NDArray[Any]) -> None:
        self._frame = Frame(frame_of(pixels), 0, TICKS)
        name = self._frame.picture.format.name
        alone = Written("", {}, alone=True)
        self.info = StreamInfo(pixels.shape[1], pixels.shape[0], None, TICKS, name, frames=1, written=alone)

    def __iter__(self) -> Iterator[Frame]:
        yield self._frame

    def close(self) -> None:
        """Nothing to give back."""


def of_array(pixels: NDArray[Any]) -> Source:
    """One picture that is in memory already; it is copied. Raises InputError for what ``blur_image`` does not take."""
    kind = pixels.shape[2:] in ((), (3,), (4,)) and pixels.dtype in (np.uint8, np.uint16) and pixels.size
    if not kind or pixels.ndim not in (2, 3):
        raise InputError(
            f"an array of {pixels.dtype} and shape {pixels.shape} is no picture: give (height, width), "
            "(height, width, 3) or (height, width, 4) of uint8 or uint16."
        )
    return _ArraySource(pixels)
