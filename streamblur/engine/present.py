"""Where faces are on frames that no look has reached yet: followed by the picture from the last look on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streamblur.engine.hindsight import WIDEN, WIDEST
from streamblur.geometry import grown, moved
from streamblur.ports import Tracker
from streamblur.values import Box, Cover, Frame, Track

MOTION = 0.08
"""Face sizes per frame from which a face is in motion: lost then, nobody knows where it went."""


@dataclass(slots=True)
class _Known:
    """A face at the last look, on frame ``looked``: ``at`` and ``box`` are as far as the picture has led since,
    ``speed`` pixels per frame."""

    track: Track
    looked: int
    at: int
    box: Box
    speed: tuple[float, float]
    led: bool = True

    @property
    def moving(self) -> bool:
        size = max(1.0, min(self.box.width, self.box.height))
        return math.hypot(*self.speed) > MOTION * size


class Present:
    """Follows the faces of the last look through every frame as it comes.

    ``pictures`` is a tracker that is told of every frame and of nothing seen: it is only asked what the pictures show.
    """

    def __init__(self, pictures: Tracker) -> None:
        self._pictures = pictures
        self._known: dict[int, _Known] = {}
        self.newest = -1

    def add(self, memory: Frame, cut: bool) -> None:
        """The next frame."""
        self._pictures.update(memory, None, cut)
        self.newest += 1

    def look(self, number: int, tracks: Sequence[Track]) -> None:
        """What a look at frame ``number`` made of it."""
        self._known = {t.id: _Known(t, number, number, t.box, self._speed(t, number)) for t in tracks}

    def lost(self, number: int, tracks: Sequence[Track], size: tuple[float, float]) -> bool:
        """Whether the look at frame ``number`` missed a face that was in motion, inside the picture, and that the
        picture does not lead to either. To be asked before ``look``."""
        seen = {track.id for track in tracks if track.seen}
        for known in self._known.values():
            if known.track.id in seen or not known.track.seen or not known.moving or known.track.score < 0.5:
                continue
            ahead = number - known.looked
            box = moved(known.track.box, known.speed[0] * ahead, known.speed[1] * ahead)
            inside = box.left >= 0 and box.top >= 0 and box.right <= size[0] and box.bottom <= size[1]
            if inside and len(self._pictures.trace(known.track.box, known.looked, number)) < ahead:
                return True
        return False

    def covers(self, number: int) -> list[Cover]:
        """Where the faces are believed on frame ``number``, which no look has reached."""
        return [self._cover(known, number) for known in self._known.values()]

    def _cover(self, known: _Known, number: int) -> Cover:
        if known.led and known.at < number:
            path = self._pictures.trace(known.box, known.at, number)
            known.led = len(path) == number - known.at
            known.at, known.box = (known.at + len(path), path[-1]) if path else (known.at, known.box)
        ahead = number - known.at
        box = moved(known.box, known.speed[0] * ahead, known.speed[1] * ahead)
        wider = grown(box, min(WIDEST, WIDEN * (number - known.looked)))
        return Cover(known.track.id, wider, False, known.track.score)

    def _speed(self, track: Track, number: int) -> tuple[float, float]:
        before = self._known.get(track.id)
        if before is None or before.looked >= number:
            return 0.0, 0.0
        (x, y), (to_x, to_y) = before.track.box.center, track.box.center
        passed = number - before.looked
        return (to_x - x) / passed, (to_y - y) / passed
