"""The clock of a live picture: seconds since it began, going on through everything that happens to a connection."""

from __future__ import annotations

import time

STRAYS = 0.5
"""Seconds by which the times that a device or a stream gives may differ from when its pictures come, before they are
taken to have jumped."""


class Onward:
    """Times of a stream as seconds since ``zero`` (``time.monotonic``), its own steps kept, its jumps not."""

    def __init__(self, zero: float) -> None:
        self.zero = zero
        self._offset: float | None = None

    def __call__(self, said: float | None) -> float:
        """The time of what comes just now and says to be of this time (seconds, None: does not say)."""
        now = time.monotonic() - self.zero
        if said is None:
            return now
        if self._offset is None or abs(said + self._offset - now) > STRAYS:
            self._offset = now - said
        return said + self._offset

    def anew(self) -> None:
        """A new connection has a clock of its own."""
        self._offset = None
