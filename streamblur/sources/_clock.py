"""Presentation times that always go forward, whatever the file says.

A frame without a time gets the time of its packet, else the end of the frame before it. A time that
repeats or steps back by less than half a second is moved to one tick after the frame before it; the
frames after it keep theirs. A larger step back is a broken clock (joined recordings): from there on
everything is shifted so that the frame follows the one before it without a gap.
"""

from __future__ import annotations

from fractions import Fraction

_SMALL_STEP = Fraction(1, 2)


class Clock:
    """Strictly increasing times in ticks of ``time_base`` seconds; a frame of unknown length lasts 1 / ``rate``."""

    def __init__(self, time_base: Fraction, rate: Fraction | None) -> None:
        self._limit = _SMALL_STEP / time_base
        self._usual = max(1, round(1 / (rate * time_base))) if rate else 1
        self._shift = 0
        self._last: int | None = None
        self._length = 0

    def __call__(self, pts: int | None, dts: int | None, duration: int) -> int:
        """The time of the next frame, in ticks."""
        said = pts if pts is not None else dts
        last = self._last
        if last is None:
            time = said or 0
        elif said is None:
            time = last + self._length
        else:
            time = self._forward(said + self._shift, last)
        self._last, self._length = time, duration or self._usual
        return time

    def _forward(self, time: int, last: int) -> int:
        if time > last:
            return time
        if last - time < self._limit:
            return last + 1
        self._shift += last + self._length - time
        return last + self._length

    @property
    def end(self) -> int:
        """Where the last frame ends, in ticks."""
        return (self._last or 0) + self._length
