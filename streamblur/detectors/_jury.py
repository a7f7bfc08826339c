"""Faces that YuNet does not see for sure, judged by two networks on close-ups.

YuNet hardly ever errs but sees no face tilted by more than 45 degrees and few under 16 px; MediaPipe sees those, and
many that are none. MediaPipe's short range says on a close-up whether there is a face and how the head is
tilted, and YuNet looks at it again upright and enlarged. Measured on ../shared/media (276 pictures): of 1437 boxes that
are no face and that only MediaPipe's full range saw, the short range alone lets 190 pass, the three together 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamblur.detectors._scan import Look
from streamblur.detectors._second import CELL, LIKELY, SURE, Judge, Opinion, either_way_up, opinions
from streamblur.geometry import iou, mirrored
from streamblur.ports import Image
from streamblur.values import Box, Detection

_SMALL = 64  # pixels of the second close-up: a false box seldom looks like a face at both sizes
_HOPE = 0.3  # opinion of the short range below which YuNet is not asked
# Logistic fit of what was seen before (at most 0.5) and the opinions, scaled so that 0.5 is as likely a face as not.
_BEFORE, _SHORT, _LARGE, _SMALLER = 0.70, 0.24, 0.20, 0.40
_VIEWS = (64, 96, 160)  # pixels of the close-ups that have to agree, the largest last
_THERE = 0.4  # IoU from which they see this very face: half a box of background beside a hidden one has up to 0.33
_ALONE = 0.35  # what a very high opinion of the short range loses when YuNet sees nothing: a profile, or a false box


class Jury:
    """``short`` is MediaPipe's short range; ``strict`` is YuNet."""

    def __init__(self, short: Judge, strict: Look) -> None:
        self._short = short
        self._strict = strict

    def __call__(self, image: Image, faces: Sequence[tuple[Detection, float]]) -> list[tuple[Detection, Opinion]]:
        """Each face (and the score YuNet gave it) with its new score, and the short range's opinion of it."""
        said = either_way_up(image, [face.box for face, _ in faces], self._short)
        before = [score for _, score in faces]
        support = self._upright(image, [o if o.score >= _HOPE else None for o in said])
        # The short range sees faces however they are turned, but cannot always say how.
        astray = [o.score >= LIKELY > score for o, score in zip(said, _scores(before, said, support), strict=True)]
        stood = [self._standing(image, o) if again else None for o, again in zip(said, astray, strict=True)]
        support = [max(pair) for pair in zip(support, self._upright(image, stood), strict=True)]
        return [
            (replace(face, score=score, votes=face.votes + (score >= LIKELY)), opinion)
            for (face, _), opinion, score in zip(faces, said, _scores(before, said, support), strict=True)
        ]

    def agrees(self, image: Image, place: Box, little: bool = False) -> bool:
        """Whether YuNet sees a face right there in two close-ups at least of six, in three sizes and mirrored: upright,
        or else, where the short range is sure of a face, as it says that the head is tilted. If ``little`` of it shows,
        both of the largest have to take it for a face: what looks like one beside a mask does so when it is small."""
        if self._agreed(image, place, 1 + 0j, little):
            return True
        said = either_way_up(image, [place], self._short)[0]
        return said.score >= SURE and self._agreed(image, place, said.tilt, little)

    def _agreed(self, image: Image, place: Box, tilt: complex, little: bool) -> bool:
        width = image.shape[1]
        mirror = np.ascontiguousarray(image[:, ::-1])
        ways = ((image, place, tilt), (mirror, mirrored(place, width), tilt.conjugate()))
        views = [(opinions(i, [(b, t)], self._tilted, cell)[0], b) for cell in _VIEWS for i, b, t in ways]
        scores = [opinion.score if iou(opinion.box, b) >= _THERE else 0.0 for opinion, b in views]
        return sum(score > 0 for score in scores) >= 2 and (not little or min(scores[-2:]) >= LIKELY)

    def _upright(self, image: Image, said: Sequence[Opinion | None]) -> list[float]:
        """What YuNet's look at the faces adds to their scores, seen upright; 0 for None."""
        asked = [(i, (o.box, o.tilt)) for i, o in enumerate(said) if o is not None]
        support = [0.0] * len(said)
        for cell, weight in ((CELL, _LARGE), (_SMALL, _SMALLER)):
            seen = opinions(image, [face for _, face in asked], self._tilted, cell)
            for (i, _), opinion in zip(asked, seen, strict=True):
                support[i] += weight * opinion.score
        return support

    def _standing(self, image: Image, said: Opinion) -> Opinion:
        """The same, but turned by the quarters, from upright or from the tilt that was said, at which YuNet sees the
        face best."""
        ways = [tilt * 1j**quarter for tilt in (1, said.tilt) for quarter in range(4)]
        seen = opinions(image, [(said.box, way) for way in ways], self._tilted)
        return replace(said, tilt=max(zip(ways, seen, strict=True), key=lambda way: way[1].score)[0])

    def _tilted(self, image: Image) -> list[tuple[Detection, complex]]:
        return [(face, 1 + 0j) for face in self._strict(image)]


def _scores(before: Sequence[float], said: Sequence[Opinion], support: Sequence[float]) -> list[float]:
    return [
        min(1.0, max(_BEFORE * b + _SHORT * o.score + s, o.score - _ALONE))
        for b, o, s in zip(before, said, support, strict=True)
    ]
