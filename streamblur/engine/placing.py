"""Where one face is on each frame: the places that are known, and the way between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from streamblur.geometry import between, overlap
from streamblur.values import Box, Cover, Track

INSIDE = 0.9
"""Share of a place that lies in another from which it needs no cover of its own."""
REACH = 5
"""Frames before and after over which places are smoothed."""
OVER = 0.9
"""Share of a place that its smoothed one has to lie over."""
FADES = 0.5
"""What is left of the confidence of a sight a second before or after it."""
PARTLY = 1.3
"""Ratio of sizes at two looks from which one of them is taken to show a part of the face only."""


@dataclass(slots=True)
class Face:
    """What is known of a track: its places by frame, its place at the last look, and where it was last seen."""

    id: int
    sure: bool = False
    places: dict[int, list[tuple[Box, bool]]] = field(default_factory=dict)
    look: tuple[int, Box] | None = None
    seen: tuple[int, Box] | None = None
    first: tuple[int, Box] | None = None
    _line: dict[int, Box] = field(default_factory=dict)
    _sights: list[tuple[float, float, str]] = field(default_factory=list)

    def put(self, number: int, box: Box, seen: bool) -> None:
        """Cover this place on this frame, unless a cover there already does."""
        here = self.places.setdefault(number, [])
        if seen:
            here.insert(0, (box, seen))
        elif all(overlap(box, other) < INSIDE * box.area for other, _ in here):
            here.append((box, seen))

    def settle(self, number: int) -> list[tuple[Box, bool]]:
        """The places on this frame, which is the oldest that is open, for good: the first of them smoothed over
        the frames before and after, as far as it still lies over what it stands for."""
        here = self.places.pop(number, [])
        for gone in [n for n in self.places if n < number]:
            del self.places[gone]
        if not here:
            return []
        self._line[number] = here[0][0]
        for gone in [n for n in self._line if n < number - REACH]:
            del self._line[gone]
        smooth = self._smoothed(number)
        if all(overlap(smooth, box) >= OVER * box.area for box, seen in here[:1]):
            here[0] = (smooth, here[0][1])
        return here

    def sighted(self, time: float, track: Track) -> None:
        """Remember how sure the sight at this time (seconds) was, and whose it was."""
        score, source = (track.sight.score, track.sight.source) if track.sight is not None else (track.score, "")
        self._sights.append((time, score, source))

    def covers(self, places: Sequence[tuple[Box, bool]], time: float) -> list[Cover]:
        """The places of the frame at this time (seconds), which is the oldest that is open, as covers."""
        while len(self._sights) > 1 and self._sights[1][0] <= time:
            del self._sights[0]
        near = ((score * FADES ** abs(at - time), source if at == time else "") for at, score, source in self._sights)
        score, source = max(near, key=itemgetter(0), default=(0.0, ""))
        return [Cover(self.id, box, seen, score, source if seen else "") for box, seen in places]

    def _smoothed(self, number: int) -> Box:
        """The mean place around this frame, nearer frames weighing more."""
        left = top = right = bottom = whole = 0.0
        for n in self._near(number):
            box = self._line[n] if n in self._line else self.places[n][0][0]
            weight = 1.0 - abs(n - number) / (REACH + 1)
            left, top = left + weight * box.left, top + weight * box.top
            right, bottom = right + weight * box.right, bottom + weight * box.bottom
            whole += weight
        return Box(left / whole, top / whole, right / whole, bottom / whole)

    def _near(self, number: int) -> range:
        """The frames around this one, as many before as after, on which the face has a place."""
        reach = 0
        while reach < REACH and number - reach - 1 in self._line and number + reach + 1 in self.places:
            reach += 1
        return range(number - reach, number + reach + 1)

    def fill(self, start: tuple[int, Box], stop: tuple[int, Box]) -> None:
        """Cover the frames between two known places, on the straight way from one to the other."""
        (first, a), (last, b) = start, stop
        for number in range(first + 1, last):
            self.put(number, _on_the_way(a, b, (number - first) / (last - first)), seen=False)


def _on_the_way(a: Box, b: Box, share: float) -> Box:
    """On the way from ``a`` to ``b``. Where their sizes differ much, one of them shows a part of the face only
    (it comes in from an edge, or from behind something): reach on either side as far as the whole face may."""
    box = between(a, b, share)
    if max(a.width, b.width) > PARTLY * min(a.width, b.width):
        wide = max(a.width, b.width)
        box = Box(min(box.left, box.right - wide), box.top, max(box.right, box.left + wide), box.bottom)
    if max(a.height, b.height) > PARTLY * min(a.height, b.height):
        high = max(a.height, b.height)
        box = Box(box.left, min(box.top, box.bottom - high), box.right, max(box.bottom, box.top + high))
    return box


def earlier(a: Box, b: Box, share: float) -> Box:
    """Where a face was that is seen at ``a`` and then at ``b``, ``share`` of the time between them before: no smaller
    than at ``a``, however fast it grows."""
    box = between(a, b, -share)
    (x, y), wide, high = box.center, max(a.width, box.width), max(a.height, box.height)
    return Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
