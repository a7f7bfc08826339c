"""For a photo: whatever was seen is a track of its own, as sure as it was seen, since no second look will follow."""

from __future__ import annotations

from collections.abc import Sequence

from streamblur.values import Box, Detection, Frame, Track


class Sights:
    """A tracker for one frame, whose tracks are counted from ``first``; ``next`` is the id after the last."""

    def __init__(self, first: int = 1) -> None:
        self.next = first

    def update(self, frame: Frame, seen: Sequence[Detection] | None, cut: bool) -> Sequence[Track]:
        first, self.next = self.next, self.next + len(seen or ())
        return [Track(number, face.box, True, face.score, face) for number, face in enumerate(seen or (), first)]

    def trace(self, box: Box, start: int, stop: int) -> Sequence[Box]:
        return []
