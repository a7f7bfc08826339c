"""Tracks by overlap and motion, with the picture itself asked where those two are not enough.

Between looks a track moves on at its last speed. At a look, tracks and detections are joined by
overlap of where a track should be; what is left over is followed through the pictures since the
last look and joined by where it really went. A face that is not seen any more stays, where the
picture says it is, until it has been gone for ``GONE`` seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamblur.geometry import containment, iou, moved
from streamblur.ports import Tracker
from streamblur.settings import Settings
from streamblur.trackers._follow import Pictures
from streamblur.values import Box, Detection, Frame, Track

JOIN = 0.2
"""Intersection over union from which a track and a detection are the same face."""
NEAR = 0.6
"""Distance of centres, in face sizes, up to which they may be the same face."""
ALIKE = 2.0
"""Ratio of sizes up to which they may be the same face."""
GONE = 2.0
"""Seconds for which a face not seen is followed by the picture."""
ADRIFT = 0.7
"""Seconds for which a face not seen is held where it was when the picture does not show it any more."""
DOUBT = 0.5
"""Seconds for which a detection that has not been confirmed is remembered."""
SURE = 0.5
"""Evidence from which a track is a face."""
FADES = 1.0
"""Seconds in which evidence halves: a box that is taken for a face now and then, weakly, never becomes one."""
KEPT = 300
"""Pictures kept at most."""


@dataclass(slots=True)
class _Life:
    """A track while it lives: where it is believed since frame ``at`` and how it moves from there (pixels
    per frame), and where, on which frame and when (seconds) it was last seen."""

    id: int
    box: Box
    at: int
    seen_box: Box
    seen_at: int
    seen_time: float
    evidence: float = 0.0
    sure: bool = False
    speed: tuple[float, float] = (0.0, 0.0)
    seen: bool = True
    adrift: bool = False

    def believe(self, score: float, passed: float) -> _Life:
        """Another sight, ``passed`` seconds after the one before: old evidence fades, a doubtful sight adds little
        and has to come again and again. Once sure, always sure."""
        self.evidence = self.evidence * 0.5 ** (passed / FADES) + score * score
        self.sure = self.sure or self.evidence >= SURE
        return self

    def now(self, number: int) -> Box:
        ahead = 0 if self.adrift else number - self.at
        return moved(self.box, self.speed[0] * ahead, self.speed[1] * ahead)

    def track(self, number: int) -> Track:
        return Track(self.id, self.now(number), self.seen and number == self.at, 1.0 if self.sure else self.evidence)


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
            self._look(list(seen), number)
        return [life.track(number) for life in self._lives]

    def trace(self, box: Box, start: int, stop: int) -> Sequence[Box]:
        return self._pictures.trace(box, start, stop)

    def _goes_on(self, life: _Life, number: int) -> bool:
        """Whether the picture under a track stayed the same although the rest of it changed."""
        return bool(self._pictures.trace(life.now(number - 1), number - 1, number))

    def _look(self, seen: list[Detection], number: int) -> None:
        lost = self._join(self._lives, seen, number)
        self._carry(lost, number)
        lost = self._join(lost, seen, number)
        for life in lost:
            life.seen = False
        self._lives = [life for life in self._lives if not self._ended(life, lost)]
        self._lives += [self._born(detection, number) for detection in seen]

    def _join(self, lives: Sequence[_Life], seen: list[Detection], number: int) -> list[_Life]:
        """Give each detection to the life it fits best; what is joined leaves ``seen``. Returns the rest."""
        pairs = sorted(
            ((_fit(life.now(number), d.box), i, j) for i, life in enumerate(lives) for j, d in enumerate(seen)),
            reverse=True,
        )
        lives_done: set[int] = set()
        seen_done: set[int] = set()
        for fit, i, j in pairs:
            if fit <= 0 or i in lives_done or j in seen_done:
                continue
            self._meet(lives[i], seen[j], number)
            lives_done.add(i)
            seen_done.add(j)
        seen[:] = [d for j, d in enumerate(seen) if j not in seen_done]
        return [life for i, life in enumerate(lives) if i not in lives_done]

    def _meet(self, life: _Life, detection: Detection, number: int) -> None:
        passed = number - life.seen_at
        (x, y), (to_x, to_y) = life.seen_box.center, detection.box.center
        life.speed = (to_x - x) / passed, (to_y - y) / passed
        life.believe(detection.score, self._time - life.seen_time)
        life.box, life.at = detection.box, number
        life.seen_box, life.seen_at, life.seen_time = detection.box, number, self._time
        life.seen, life.adrift = True, False

    def _carry(self, lives: Sequence[_Life], number: int) -> None:
        """Take the lives that nobody saw along with the picture."""
        for life in lives:
            if not life.sure or life.adrift or life.at == number:
                continue
            path = self._pictures.trace(life.box, life.at, number)
            life.adrift = len(path) < abs(number - life.at)
            if path:
                life.box = path[-1]
            life.at, life.speed = number, (0.0, 0.0)

    def _ended(self, life: _Life, lost: Sequence[_Life]) -> bool:
        if not any(life is other for other in lost):
            return False
        unseen = self._time - life.seen_time
        if any(o.seen and o is not life and containment(o.box, life.now(o.at)) > 0.7 for o in self._lives):
            return True
        return unseen > (DOUBT if not life.sure else ADRIFT if life.adrift else GONE)

    def _born(self, detection: Detection, number: int) -> _Life:
        self._ids += 1
        return _Life(self._ids, detection.box, number, detection.box, number, self._time).believe(detection.score, 0.0)


def _fit(life: Box, seen: Box) -> float:
    """How well a detection fits a track, 0 (not at all) to 2."""
    shared = iou(life, seen)
    size, other = (life.area**0.5, seen.area**0.5)
    if min(size, other) <= 0 or max(size, other) > ALIKE * min(size, other):
        return 0.0
    (x, y), (to_x, to_y) = life.center, seen.center
    apart = ((x - to_x) ** 2 + (y - to_y) ** 2) ** 0.5 / min(size, other)
    return 1.0 + shared if shared >= JOIN else max(0.0, 1.0 - apart / NEAR)


def build(settings: Settings) -> Tracker:
    """A tracker that can follow back through ``settings.hindsight`` seconds at up to 60 frames a second."""
    return MotionTracker(min(KEPT, round(settings.hindsight * 60) + 2 * settings.every + 2))
