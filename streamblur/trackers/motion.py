"""Tracks by overlap and motion, with the picture itself asked where those two are not enough.

Between looks a track moves on at its last speed. At a look, tracks and detections are joined by
overlap of where a track should be; what is left over is followed through the pictures since the
last look and joined by where it really went. A face that is not seen any more stays, where the
picture says it is, until it has been gone for ``GONE`` seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamblur.geometry import containment, iou, moved, union
from streamblur.ports import Tracker
from streamblur.settings import Settings
from streamblur.trackers._fits import fits
from streamblur.trackers._follow import Pictures
from streamblur.values import Box, Detection, Frame, Track

GONE = 2.0
"""Seconds for which a face not seen is followed by the picture."""
ADRIFT = 0.7
"""Seconds for which a face not seen is held where it was when the picture does not show it any more."""
DOUBT = 0.5
"""Seconds for which a detection that has not been confirmed is remembered."""
SURE = 0.5
"""Evidence from which a track is a face."""
ALONE = 0.75
"""Score from which one sight is enough for a face; between it and BORN, a second or third has to follow."""
BORN = 0.45
"""Score from which a detection begins a track; a weaker one only goes on with one."""
GOES_ON = 0.2
"""Score from which a detection goes on with a track."""
FADES = 1.0
"""Seconds in which evidence halves: a box that is taken for a face now and then, weakly, never becomes one."""
STAYED = 0.6
"""Intersection over union with itself from which a face goes on through a cut of the rest of the picture."""
TWICE = 0.7
"""Share of a lost track that lies in one that is seen, from which both are taken for the same face."""
PARTLY = 1.3
"""How much smaller than the face a sight may be before it is taken to show only a part of it."""
SHRINKS = 0.93
"""What is left of the size of a face from look to look while smaller ones are seen."""
KEPT = 300
"""Pictures kept at most."""


@dataclass(slots=True)
class _Life:
    """A track while it lives: where it is believed since frame ``at`` and how it moves from there (pixels
    per frame), and where, on which frame and when (seconds) it was last seen. ``size`` (width, height) is
    that of the whole face, of which the edge of the picture may leave a part to see."""

    id: int
    box: Box
    at: int
    seen_box: Box
    seen_at: int
    seen_time: float
    sight: Detection | None = None
    size: tuple[float, float] = (0.0, 0.0)
    evidence: float = 0.0
    sure: bool = False
    speed: tuple[float, float] = (0.0, 0.0)
    seen: bool = True
    adrift: bool = False

    def meet(self, detection: Detection, number: int, time: float, edge: bool) -> _Life:
        """Seen again, ``edge``: at the edge of the picture. Old evidence fades, a doubtful sight adds little and
        has to come again and again; once sure, always sure."""
        expected, box = self.now(number), detection.box
        if passed := number - self.seen_at:
            (x, y), (to_x, to_y) = self.seen_box.center, box.center
            self.speed = (to_x - x) / passed, (to_y - y) / passed
        partly = edge and (self.size[0] > PARTLY * box.width or self.size[1] > PARTLY * box.height)
        self.box, self.at = union([box, expected]) if partly else box, number
        self.size = max(box.width, self.size[0] * SHRINKS), max(box.height, self.size[1] * SHRINKS)
        self.evidence = self.evidence * 0.5 ** ((time - self.seen_time) / FADES) + _weight(detection.score)
        self.sure = self.sure or self.evidence >= SURE
        self.seen_box, self.seen_at, self.seen_time = box, number, time
        self.sight, self.seen, self.adrift = detection, True, False
        return self

    def carry(self, path: Sequence[Box], number: int) -> None:
        """Not seen: go where the picture leads, and where it does not, where the motion would, once."""
        if len(path) >= number - self.at:
            self.box, self.speed = path[-1], (0.0, 0.0)
        else:
            self.box, self.adrift = self.now(number), True
        self.at = number

    def now(self, number: int) -> Box:
        """Where the face is believed on frame ``number``."""
        ahead = 0 if self.adrift else number - self.at
        return moved(self.box, self.speed[0] * ahead, self.speed[1] * ahead)

    def track(self, number: int) -> Track:
        seen = self.seen and number == self.at
        return Track(self.id, self.now(number), seen, 1.0 if self.sure else self.evidence, self.sight)


class MotionTracker:
    """See the module. Holds small copies of recent pictures only."""

    def __init__(self, kept: int) -> None:
        self._pictures = Pictures(kept)
        self._lives: list[_Life] = []
        self._ids = 0
        self._time = 0.0

    def update(self, frame: Frame, seen: Sequence[Detection] | None, cut: bool) -> Sequence[Track]:
        self._pictures.add(frame)
        self._time = frame.time
        number = self._pictures.last
        if cut:
            self._lives = [life for life in self._lives if self._goes_on(life, number)]
        if seen is not None:
            self._look([detection for detection in seen if detection.score >= GOES_ON], number)
        return [life.track(number) for life in self._lives]

    def trace(self, box: Box, start: int, stop: int) -> Sequence[Box]:
        return self._pictures.trace(box, start, stop)

    def _goes_on(self, life: _Life, number: int) -> bool:
        """Whether the picture under a track stayed the same although the rest of it changed."""
        before = life.now(number - 1)
        return any(iou(before, after) > STAYED for after in self.trace(before, number - 1, number))

    def _look(self, seen: list[Detection], number: int) -> None:
        lost = self._join(self._lives, seen, number)
        self._carry(lost, number)
        lost = self._join(lost, seen, number)
        for life in lost:
            life.seen = False
        self._lives = [life for life in self._lives if not self._ended(life, lost)]
        self._lives += [self._born(detection, number) for detection in seen if detection.score >= BORN]

    def _join(self, lives: Sequence[_Life], seen: list[Detection], number: int) -> list[_Life]:
        """Give each detection to the life it fits best; what is joined leaves ``seen``. Returns the rest."""
        fit = fits([life.now(number) for life in lives], [d.box for d in seen])
        pairs = sorted(((float(fit[i, j]), int(i), int(j)) for i, j in zip(*fit.nonzero(), strict=True)), reverse=True)
        lives_done: set[int] = set()
        seen_done: set[int] = set()
        for _, i, j in pairs:
            if i in lives_done or j in seen_done:
                continue
            lives[i].meet(seen[j], number, self._time, self._pictures.at_edge(seen[j].box))
            lives_done.add(i)
            seen_done.add(j)
        seen[:] = [d for j, d in enumerate(seen) if j not in seen_done]
        return [life for i, life in enumerate(lives) if i not in lives_done]

    def _carry(self, lives: Sequence[_Life], number: int) -> None:
        """Take the lives that nobody saw along with the picture."""
        for life in lives:
            if life.sure and not life.adrift and life.at < number:
                life.carry(self.trace(life.box, life.at, number), number)

    def _ended(self, life: _Life, lost: Sequence[_Life]) -> bool:
        if not any(life is other for other in lost):
            return False
        twice = any(o.seen and o is not life and containment(o.box, life.now(o.at)) > TWICE for o in self._lives)
        patience = DOUBT if twice or not life.sure else ADRIFT if life.adrift else GONE
        return self._time - life.seen_time > patience

    def _born(self, detection: Detection, number: int) -> _Life:
        self._ids += 1
        return _Life(self._ids, detection.box, number, detection.box, number, self._time).meet(
            detection, number, self._time, False
        )


def _weight(score: float) -> float:
    """What a sight adds to the evidence: from nothing at BORN, by the square of the way, to enough at ALONE."""
    return SURE * max(0.0, (score - BORN) / (ALONE - BORN)) ** 2


def build(settings: Settings) -> Tracker:
    """A tracker that can follow back through ``settings.hindsight`` seconds at up to 30 frames a second."""
    return MotionTracker(min(KEPT, round(settings.hindsight * 30) + 2 * (settings.every or 10)))
