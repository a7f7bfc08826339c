"""The clock of a live picture: seconds since it began, going on through everything that happens to a connection."""

from __future__ import annotations

import time

EARLY, LATE = 0.5, 3.0
"""Seconds by which a picture may come before or after its own time, before that time is taken to have jumped. Later is
common: pictures queue up while nobody takes them."""


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
        if self._offset is None or not -LATE < said + self._offset - now < EARLY:
            self._offset = now - said
        return said + self._offset

    def anew(self) -> None:
        """A new connection has a clock of its own."""
        self._offset = None
