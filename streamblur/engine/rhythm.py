"""How many frames go by between looks."""

from __future__ import annotations

from collections.abc import Sequence

from streamblur.geometry import ious
from streamblur.values import Box, Detection

SHORTEST = 3
"""Frames between looks while faces move fast or come and go."""
USUAL = 6
"""Frames between looks while most faces keep still, and at first."""
LONGEST = 10
"""Frames between looks while all of them do: the worst case."""
CALM = 0.5
"""Intersection over union with itself at the last look from which a face is calm."""
RESTLESS = 0.3
"""Share of faces that are not calm above which looks are as frequent as can be."""
MOVED = 0.2
"""Mean change of luma in some part of the picture, as a share of its range, that calls for a look at once."""
FACE = 0.6
"""Score from which a detection counts here."""


class Rhythm:
    """Looks at every Nth frame, or (``every`` None) as often as the faces and the picture call for."""

    def __init__(self, every: int | None) -> None:
        self._every = every
        self._gap = every or USUAL
        self._since = 0
        self._faces: tuple[list[Box] | None, list[Box] | None] = None, None

    def due(self, begins: bool, change: float) -> bool:
        """Whether to look at the next frame: ``begins`` a new shot, ``change`` since the last look (0 to 1)."""
        moved = self._every is None and change > MOVED and self._since >= SHORTEST
        if begins or self._since == 0 or self._since >= self._gap or moved:
            self._since = 0
        self._since += 1
        return self._since == 1

    def looked(self, seen: Sequence[Detection]) -> None:
        """Learn from what was seen: quick faces, new ones and lost ones shorten the gap, calm ones lengthen it.

        A face counts as new or lost when two looks agree, since looks see differently sharply in turn.
        """
        now = [detection.box for detection in seen if detection.score >= FACE]
        (before, earlier), self._faces = self._faces, (now, self._faces[0])
        if self._every is not None or before is None:
            return
        earlier = before if earlier is None else earlier
        restless = max(_alone(now, [*before, *earlier]), _alone(earlier, [*before, *now]))
        if restless > RESTLESS:
            self._gap = SHORTEST
        else:
            self._gap = USUAL if restless > 0 else min(LONGEST, self._gap + 2)


def _alone(faces: Sequence[Box], others: Sequence[Box]) -> float:
    """Share of the faces that are not where one of the others is."""
    return float((ious(faces, others).max(axis=1, initial=0.0) < CALM).mean()) if faces else 0.0
