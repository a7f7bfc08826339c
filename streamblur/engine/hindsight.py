"""Joining looks into covers, with hindsight: the middle stages.

A frame waits until the looks after it have spoken. Then each face is placed *between* its known
places, a face first seen later is followed back by the picture itself and covered there too, and a
face that was lost is covered on. Looking at every Nth frame is thereby safer than looking at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streamblur.engine.following import Followed
from streamblur.engine.placing import Face, earlier
from streamblur.geometry import clipped, grown, iou
from streamblur.ports import Tracker
from streamblur.timing import stage
from streamblur.values import Box, Cover, Decided, Frame, Track

SURE = 0.5
"""Evidence (``Track.score``) from which a track is covered."""
STEADY = 0.5
"""Intersection over union of two looks from which the straight way between them is trusted."""
CAME_IN = 15
"""Frames before its first sight within which a face may have come in over the edge of the picture."""
WIDEN = 0.1
"""Growth per frame of a cover that nothing leads, on each side, as a share of the face's size ..."""
WIDEST = 0.5
"""... and its limit."""


@dataclass(slots=True)
class Waiting:
    """A frame that is not decided yet: ``cut`` says that a new shot begins with it, ``believed`` where
    each track was expected on it before the next look, ``size`` (width, height) how it is shown."""

    number: int
    frame: Frame
    looked: bool
    cut: bool
    believed: dict[int, Box]
    size: tuple[int, int]


def settled(
    frames: Iterable[Followed], tracker: Tracker, hindsight: float, delay: int | None = None
) -> Iterator[Decided[Frame]]:
    """Yield each frame with its covers once ``hindsight`` seconds of later looks are known.

    With a ``delay`` (frames, 0 or more), as live pictures need, no frame waits longer than that: one that no look
    has followed yet is covered where its tracks are believed to be, and doubtful faces are covered too.
    """
    window = Window(tracker, prompt=delay is not None)
    for number, one in enumerate(frames):
        believed = {track.id: track.box for track in one.tracks}
        window.waiting.append(Waiting(number, one.frame, one.looked, one.cut, believed, one.size))
        if one.looked:
            with stage("hindsight"):
                window.look(number, one.tracks)
        while window.waits_too_long(hindsight, delay) and (one.looked or delay is not None):
            yield window.decided()
    while window.waiting:
        yield window.decided()


class Window:
    """The frames that wait, and the faces known on them."""

    def __init__(self, tracker: Tracker, prompt: bool) -> None:
        self._prompt = prompt
        self.waiting: deque[Waiting] = deque()
        self._tracker = tracker
        self._faces: dict[int, Face] = {}
        self._looks: deque[int] = deque([-1])

    def waits_too_long(self, seconds: float, frames: int | None) -> bool:
        """Whether the oldest frame is further from the newest than this many seconds, or frames if they are given."""
        if frames is not None:
            return len(self.waiting) > frames
        return len(self.waiting) > 1 and self.waiting[-1].frame.time - self.waiting[0].frame.time > seconds

    def look(self, number: int, tracks: Sequence[Track]) -> None:
        """Learn from a look at frame ``number``, the newest one."""
        for track in tracks:
            face = self._faces.setdefault(track.id, Face(track.id))
            self._meet(face, track, number)
            if track.score >= SURE and not face.sure:
                face.sure = True
                self._back(face)
        here = {track.id for track in tracks}
        for face in self._faces.values():
            if face.id not in here and face.look is not None:
                face.fill(face.look, (number, face.look[1]))
                self._believe(face, number)
                face.look = None
        self._looks.append(number)
        while len(self._looks) > 1 and self._looks[1] < self.waiting[0].number:
            self._looks.popleft()

    def decided(self) -> Decided[Frame]:
        """Let the oldest frame go, with the covers of all faces that are sure by now."""
        oldest = self.waiting.popleft()
        covers: list[Cover] = []
        for face in list(self._faces.values()):
            places = face.settle(oldest.number)
            if self._prompt and not places and face.id in oldest.believed:
                places = [(grown(oldest.believed[face.id], WIDEN), False)]
            if face.sure or self._prompt:
                covers += face.covers(places, oldest.frame.time)
            if not face.places and face.look is None:
                del self._faces[face.id]
        return Decided(oldest.frame, covers, oldest.looked, oldest.cut)

    def _meet(self, face: Face, track: Track, number: int) -> None:
        """A face at this look: cover it here, and on the way from where it was at the last one."""
        here = number, track.box
        if face.look is not None:
            face.fill(face.look, here)
            if not track.seen:
                self._believe(face, number)
            elif iou(face.look[1], track.box) < STEADY:
                self._follow(face, *face.look, number)
        if track.seen:
            if face.seen is not None and face.seen != face.look:
                face.fill(face.seen, here)
            self._motion_back(face, here)
            face.seen = here
            face.sighted(self.waiting[-1].frame.time, track)
        face.put(number, track.box, track.seen)
        face.look = here

    def _believe(self, face: Face, number: int) -> None:
        """A face that was not seen again: cover it also where its motion would have taken it."""
        start = face.look[0] if face.look is not None else number
        for one in self._since(start):
            if one.number < number and face.id in one.believed:
                face.put(one.number, one.believed[face.id], seen=False)

    def _since(self, number: int) -> list[Waiting]:
        """The frames that wait, after frame ``number``."""
        return [one for one in self.waiting if one.number > number]

    def _motion_back(self, face: Face, here: tuple[int, Box]) -> None:
        """At the second sight of a face its motion is known: cover where it came from, back to the look
        before the first sight, and further where it came in over the edge of the picture."""
        if face.first is None:
            face.first = here
        elif face.seen == face.first:
            (first, a), (number, b) = face.first, here
            unlooked = self._unlooked_before(first)
            way = [(n, earlier(a, b, (first - n) / (number - first))) for n in self._shot_before(first)]
            came_in = any(self._shown(box) != box for _, box in way[:CAME_IN])
            for n, box in way:
                if n in unlooked or (came_in and self._shown(box) is not None):
                    face.put(n, box, seen=False)

    def _shown(self, box: Box) -> Box | None:
        """The part of the box that lies in the picture."""
        return clipped(box, *self.waiting[0].size)

    def _follow(self, face: Face, start: int, box: Box, stop: int) -> int:
        """Cover a face where the picture shows it from ``start`` towards ``stop``; returns how far that goes."""
        path = self._tracker.trace(box, start, stop)
        step = 1 if stop > start else -1
        for n, place in enumerate(path, 1):
            face.put(start + n * step, place, seen=False)
        return start + len(path) * step

    def _back(self, face: Face) -> None:
        """A face that has become sure: cover it on earlier frames as far as the picture shows it, and
        at least back to the look before, in a widening area, since nobody looked in between."""
        first, oldest = min(face.places), self.waiting[0].number
        box = face.places[first][0][0]
        reached = self._follow(face, first, box, oldest) if first > oldest else first
        box = face.places[reached][0][0]
        for number in self._unlooked_before(first):
            if number < reached:
                face.put(number, grown(box, min(WIDEST, WIDEN * (reached - number))), seen=False)

    def _unlooked_before(self, number: int) -> list[int]:
        """The waiting frames just before ``number``, newest first, that nobody looked at, within the shot."""
        before = max((n for n in self._looks if n < number), default=-1)
        return [n for n in self._shot_before(number) if n > before]

    def _shot_before(self, number: int) -> list[int]:
        """The waiting frames before ``number``, newest first, back to where the shot begins."""
        oldest, found = self.waiting[0].number, []
        while number > oldest and not self.waiting[number - oldest].cut:
            number -= 1
            found.append(number)
        return found
