"""Any frame of a recording by its time, without reading all that comes before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av

from streamblur.errors import InputError
from streamblur.sources._open import opened, picture_stream, readable
from streamblur.sources._pictures import Pictures, orientation
from streamblur.values import Frame

SOON = 1
"""Seconds up to which decoding on is quicker than seeking."""


class Seeker:
    """Frames of the video at ``place`` by time stamp, as its source gives them, found from the key frame before.

    A recording whose clock steps back has other time stamps in its source; those frames are not found here.
    Raises InputError as the source does. Not for several threads at once.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        with ExitStack() as stack:
            self._container = opened(place, stack.enter_context(readable(place)), stack)
            self._stream = picture_stream(place, self._container)
            first = next(self._container.decode(self._stream), None)
            if first is None:
                raise InputError(f"{place} holds no frames: it is damaged or cut off. Copy or record it again.")
            self._fit, self._orientation = Pictures(first), orientation(first)
            self._ticks = Fraction(self._stream.time_base or Fraction(1, 1000))
            self._ahead: Iterator[av.VideoFrame] | None = None
            self._waiting: av.VideoFrame | None = None
            self._at = 0
            self._stack = stack.pop_all()

    def between(self, start: int, stop: int) -> Iterator[Frame]:
        """The frames from one time stamp to another, both included, in order. Those that follow soon after the last one
        are decoded on, without going back to a key frame."""
        try:
            if self._ahead is None or not 0 <= start - self._at <= SOON / self._ticks:
                self._container.seek(start, stream=self._stream, backward=True)
                self._ahead = self._container.decode(self._stream)
                self._waiting = None
            while (picture := self._waiting or next(self._ahead, None)) is not None:
                self._waiting = picture
                time = picture.pts if picture.pts is not None else picture.dts
                if time is not None and time > stop:
                    return
                self._waiting = None
                if time is not None and time >= start:
                    self._at = time + 1
                    yield Frame(self._fit(picture), time, self._ticks, self._orientation)
            self._ahead = None
        except (av.FFmpegError, OSError) as error:
            self._ahead = None
            raise InputError(f"{self._place} cannot be decoded there: it is damaged. Copy it again.") from error

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._stack.close()
