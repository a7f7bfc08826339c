"""Sights that belong together, as findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamblur.findings import Finding
from streamblur.geometry import grown, iou, overlap, union
from streamblur.values import Box, Detection

if TYPE_CHECKING:
    from streamblur.faces import Faces

ALONE = 0.8
"""With the original: score from which one frame is enough. Of a weaker face two frames have to agree."""
PLAIN, FAIR = 0.5, 0.6
"""Without it: share of detail from which FAIR is score enough: large faces half covered show 0.5 and more and have 0.63
and more. Less of it may lie beside a mask that is taken for a face (0.44 where that was seen, score up to 0.8) ..."""
SURE = 0.85
"""... but faces of 20 pixels sometimes show no more. From this score on any detail will do."""
JOIN = 0.2
"""Intersection over union from which sights on neighbouring looks are one face."""
BESIDE = 0.5
"""What is added to sights on every side, as a share of them: where they then touch, they are of one place."""
APART = 0.5
"""Seconds after which it is another face, or place."""
REACH = 10
"""Frames before and after in which the track that a sight belongs to is looked for."""
ASKED = 9
"""Sights of a face that are asked for its track, about."""


@dataclass(slots=True)
class Sight:
    """A face that can be seen in the output."""

    number: int
    time: float
    face: Detection
    shown: float


def findings(sights: Sequence[Sight], faces: Faces | None, by_content: bool) -> tuple[Finding, ...]:
    """The places at which there are sights that are sure enough, in time order."""
    sure = _sure if by_content else _plain
    groups = [group for group in _grouped(sights) if sure(group)]
    return tuple(_finding(place) for place in _places(groups, faces))


def _grouped(sights: Sequence[Sight]) -> list[list[Sight]]:
    """The sights of one face each, in time order."""
    groups: list[list[Sight]] = []
    near: list[list[Sight]] = []
    for sight in sorted(sights, key=lambda s: (s.number, -s.face.score)):
        near = [g for g in near if sight.time - g[-1].time <= APART]
        home = max(near, key=lambda g: iou(g[-1].face.box, sight.face.box), default=None)
        if home is not None and iou(home[-1].face.box, sight.face.box) >= JOIN:
            home.append(sight)
        else:
            near.append([sight])
            groups.append(near[-1])
    return groups


def _sure(group: list[Sight]) -> bool:
    """Whether a face that is in the original is one."""
    return len({sight.number for sight in group}) > 1 or max(sight.face.score for sight in group) >= ALONE


def _plain(group: list[Sight]) -> bool:
    """Whether what looks like a face in the output is one that shows."""
    return any(sight.face.score >= (FAIR if sight.shown >= PLAIN else SURE) for sight in group)


@dataclass(slots=True)
class _Place:
    """Sights, the track they belong to, and the area around them by half seconds (``APART``)."""

    sights: list[Sight]
    track: int | None
    areas: dict[int, Box]

    def meets(self, other: _Place) -> bool:
        """Whether they are side by side at one time, and not of two tracks."""
        if self.track is not None and other.track not in (None, self.track):
            return False
        near = ((n, m) for n in self.areas for m in (n - 1, n, n + 1) if m in other.areas)
        return any(overlap(self.areas[n], other.areas[m]) > 0 for n, m in near)

    def take(self, other: _Place) -> None:
        self.sights = sorted((*self.sights, *other.sights), key=lambda sight: sight.number)
        self.track = other.track if self.track is None else self.track
        for n, area in other.areas.items():
            self.areas[n] = union([area, self.areas.get(n, area)])


def _places(groups: Sequence[list[Sight]], faces: Faces | None) -> list[_Place]:
    """What is taken for a face now here, now a little beside it, is one place to look at."""
    places: list[_Place] = []
    for group in groups:
        here = _Place(group, _whose(group, faces), _areas(group))
        for place in list(places):
            if here.meets(place):
                here.take(place)
                places.remove(place)
        places.append(here)
    return sorted(places, key=lambda place: place.sights[0].number)


def _areas(sights: Sequence[Sight]) -> dict[int, Box]:
    areas: dict[int, Box] = {}
    for sight in sights:
        n, area = int(sight.time / APART), grown(sight.face.box, BESIDE)
        areas[n] = union([area, areas.get(n, area)])
    return areas


def _finding(place: _Place) -> Finding:
    sights, worst = place.sights, _worst(place.sights)
    boxes: dict[int, Box] = {}
    for sight in sights:
        boxes[sight.number] = union([sight.face.box, boxes.get(sight.number, sight.face.box)])
    return Finding(
        sights[0].time,
        sights[-1].time,
        len(boxes),
        worst.face.box,
        max(s.face.score for s in sights),
        worst.shown,
        worst.time,
        place.track,
        tuple(boxes.items()),
    )


def _worst(sights: Sequence[Sight]) -> Sight:
    """The sight that shows most of a face."""
    return max(sights, key=lambda s: s.shown * s.face.box.area)


def _whose(sights: Sequence[Sight], faces: Faces | None) -> int | None:
    """The track that is the nearest of most sights; of many, some are asked."""
    if faces is None:
        return None
    votes = Counter(_nearest(sight, faces) for sight in sights[:: max(1, len(sights) // ASKED)])
    track, count = votes.most_common(1)[0]
    return track if 2 * count > votes.total() else None


def _nearest(sight: Sight, faces: Faces) -> int | None:
    """The track that is nearest in time and place."""
    reach = range(max(0, sight.number - REACH), min(len(faces.times), sight.number + REACH + 1))
    near = ((iou(c.box, sight.face.box), c.track) for n in reach for c in faces.covers(n))
    share, track = max(near, default=(0.0, 0))
    return track if share >= JOIN else None
