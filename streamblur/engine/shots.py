"""How far each shot of a live picture was looked at."""

from __future__ import annotations

from streamblur.engine.held import Held

REMEMBERED = 8
"""Shots of which it is known how far they were looked at."""


class Shots:
    """Counts shots, and knows of the newest of them the last frame that a look has spoken about."""

    def __init__(self) -> None:
        self.newest = 0
        self._seen_to: dict[int, int] = {}

    def seen(self, held: Held) -> None:
        """A look at this frame has spoken."""
        self._seen_to[held.shot] = held.number
        for shot in [s for s in self._seen_to if s < self.newest - REMEMBERED]:
            del self._seen_to[shot]

    def never(self, held: Held) -> bool:
        """Whether no look at all has spoken about its shot."""
        return held.shot not in self._seen_to

    def followed(self, held: Held) -> bool:
        """Whether a look at this frame or after it, in the same shot, has spoken."""
        return self._seen_to.get(held.shot, -1) >= held.number
