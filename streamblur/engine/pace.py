"""How often live pictures are looked at, how closely, and for how long frames have to wait for it.

Looking takes its time beside the frames. Where it takes too long, the picture that is looked at gets smaller first;
nothing is let go unlooked for speed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SHARES = (1.0, 0.75, 0.5, 0.375)
"""Sizes of the picture that is looked at, as shares of the one asked for: 89, 54, 27 and 19 ms a look of the default
detector at 1280 pixels, on one core."""
GAP = 3
"""Frames from look to look at least, where frames wait for looks."""
BUDGET = 0.1
"""Seconds that a look may take where the delay follows from it."""
LATE = 0.1
"""Seconds by which a look may be later than usual."""
SOON = 0.115
"""Seconds after its begin within which a look is never late ..."""
SLOWER = 1.5
"""... nor within this many times the usual: at the usual 20 to 90 ms, the curtain falls less than 150 ms after a
detector began to hang, be it noticed a frame later."""
LONGEST = 15
"""Frames that are held back at most, when nobody said how many."""
PATIENCE = 3
"""Looks that are too slow one after the other before a smaller picture is looked at."""
BUSY = 2.5
"""Times as long as at an empty picture that a look may take where there are faces and frames are being covered and
shown: 1.4 to 2.2 were measured. Said only where nobody waits for a look: elsewhere the delay grows with it."""
CALM = 8.0
"""Seconds for which looks were quick, before a larger picture is tried; doubled each time that was too much."""


class Pace:
    """``rate`` frames a second; ``every`` frames between looks and ``delay`` in frames as in the settings."""

    def __init__(self, rate: float, every: int | None, delay: int | None) -> None:
        self.rate, self._every, self._asked = rate, every, delay
        self._rung = 0
        self._fresh = True
        self._slow = 0
        self._quick = 0.0
        self._calm = CALM
        self.usual: float | None = None
        self._delay = 0

    @property
    def share(self) -> float:
        """Size of the picture to look at, as a share of the one asked for."""
        return SHARES[self._rung]

    @property
    def gap(self) -> int:
        """Frames from look to look at least."""
        return self._every or (GAP if self._asked is None else max(1, min(GAP, (self._asked + 1) // 2)))

    @property
    def delay(self) -> int:
        """Frames by which every frame is held back."""
        return self._asked if self._asked is not None else self._delay

    @property
    def waits(self) -> bool:
        """Whether a frame due may wait for a look that is under way: where nobody fixed the delay."""
        return self._asked is None

    @property
    def budget(self) -> float:
        """Seconds that a look may take."""
        return BUDGET if self._asked is None else 0.9 * max(1, (self._asked + 1) // 2) / self.rate

    @property
    def patience(self) -> float:
        """Seconds after its begin from which a look is late."""
        usual = self.usual or 0.0
        return min(min(usual, self.budget) + LATE, max(SOON, SLOWER * usual))

    @property
    def stale(self) -> float:
        """Seconds after the frame that was looked at last from which what was seen there says nothing any more."""
        return self.gap / self.rate + self.budget + LATE

    def begin(self, seconds: Sequence[float]) -> None:
        """Choose the size to begin with, from how long a look at an empty picture of each size takes."""
        expected = [each if self.waits else BUSY * each for each in seconds]
        self._rung = next((n for n, each in enumerate(expected) if each <= self.budget), len(expected) - 1)
        self.usual = expected[self._rung]
        self._delay = self._needed()

    def looked(self, seconds: float) -> None:
        """Learn from a look that took so long. The first at a new size is slower than those after it."""
        fresh, self._fresh = self._fresh, False
        if self.usual is None or not fresh:
            usual = seconds if self.usual is None else self.usual
            self.usual = usual + (0.5 if seconds > usual else 0.1) * (seconds - usual)
            self._choose(seconds)
        self._delay = self._needed()

    def _choose(self, seconds: float) -> None:
        usual = self.usual or 0.0
        self._slow = self._slow + 1 if usual > self.budget else 0
        larger = (SHARES[self._rung - 1] / self.share) ** 2 if self._rung else math.inf
        self._quick = self._quick + max(seconds, self.gap / self.rate) if usual * larger < 0.8 * self.budget else 0.0
        if self._slow >= PATIENCE and self._rung + 1 < len(SHARES):
            self._to(self._rung + 1)
        elif self._quick >= self._calm:
            self._calm *= 2
            self._to(self._rung - 1)

    def _to(self, rung: int) -> None:
        scale = (SHARES[rung] / self.share) ** 2
        self._rung, self._slow, self._quick, self._fresh = rung, 0, 0.0, True
        self.usual = (self.usual or 0.0) * scale

    def _needed(self) -> int:
        """Frames until a look at a frame, or at a later one, has spoken: the time from look to look and that of a
        look. Falls only when two less would do, so that the delay keeps still."""
        usual = (self.usual or 0.0) * self.rate
        least = min(LONGEST, max(1, math.ceil(max(self.gap, usual + 0.5) + usual)))
        return least if least > self._delay or least < self._delay - 1 else self._delay
