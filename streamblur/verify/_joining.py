"""Sights that belong together, as findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamblur.findings import Finding
from streamblur.geometry import iou
from streamblur.values import Detection

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
APART = 0.5
"""Seconds after which it is another finding."""
REACH = 10
"""Frames before and after in which the track that a finding belongs to is looked for."""


@dataclass(slots=True)
class Sight:
    """A face that can be seen in the output."""

    number: int
    time: float
    face: Detection
    shown: float


def findings(sights: Sequence[Sight], faces: Faces | None, by_content: bool) -> tuple[Finding, ...]:
    """The sights that belong together, as far as they are sure enough, in time order."""
    groups: list[list[Sight]] = []
    for sight in sorted(sights, key=lambda s: (s.number, -s.face.score)):
        near = [g for g in groups if sight.time - g[-1].time <= APART and g[-1].number < sight.number]
        home = max(near, key=lambda g: iou(g[-1].face.box, sight.face.box), default=None)
        if home is not None and iou(home[-1].face.box, sight.face.box) >= JOIN:
            home.append(sight)
        else:
            groups.append([sight])
    sure = _sure if by_content else _plain
    return tuple(_finding(group, faces) for group in groups if sure(group))


def _sure(group: list[Sight]) -> bool:
    """Whether a face that is in the original is one."""
    return len(group) > 1 or group[0].face.score >= ALONE


def _plain(group: list[Sight]) -> bool:
    """Whether what looks like a face in the output is one that shows."""
    return any(sight.face.score >= (FAIR if sight.shown >= PLAIN else SURE) for sight in group)


def _finding(group: list[Sight], faces: Faces | None) -> Finding:
    worst = max(group, key=lambda s: s.shown * s.face.box.area)
    return Finding(
        group[0].time,
        group[-1].time,
        len(group),
        worst.face.box,
        max(s.face.score for s in group),
        worst.shown,
        worst.time,
        _whose(worst, faces),
        tuple((s.number, s.face.box) for s in group),
    )


def _whose(sight: Sight, faces: Faces | None) -> int | None:
    """The track that is nearest in time and place."""
    if faces is None:
        return None
    reach = range(max(0, sight.number - REACH), min(len(faces.times), sight.number + REACH + 1))
    near = ((iou(c.box, sight.face.box), c.track) for n in reach for c in faces.covers(n))
    share, track = max(near, default=(0.0, 0))
    return track if share >= JOIN else None
