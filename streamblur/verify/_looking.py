"""Looking at one pair: which faces are there, and how much of them the output shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from streamblur import rooms
from streamblur.exposure import Gray, detailed, shown
from streamblur.geometry import grown, iou, overlap, scaled
from streamblur.planes import AnalysisPicture, gray, shown_size
from streamblur.ports import Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection
from streamblur.verify._pairs import Pair

if TYPE_CHECKING:
    from streamblur.detectors._eyes import Eyes
    from streamblur.faces import Faces

SMALLEST = 16.0
"""Width of a face in pixels of the recording under which nobody can be recognised by it."""
CHOSEN = 0.7
"""Share of a face in areas that somebody chose to leave alone, from which it is left alone."""
INNER = 0.15
"""Share of a face left out on every side, where sights of it differ and hair and collar begin."""
SAME = 0.4
"""Intersection over union with a track from which a sight is that track."""


class Looking:
    """Looks at single pairs; counts its ``looks``, and the ``faces`` of the last. ``known`` have their edits done."""

    def __init__(self, eyes: Eyes, longest: int, known: Faces | None, settings: Settings) -> None:
        self._eyes, self._picture, self._known = eyes, AnalysisPicture(longest), known
        self._wishes = rooms.wishes(settings, known)
        self._grays: dict[int, tuple[Gray, Gray | None]] = {}
        self._shown, self._at = np.zeros((1, 1, 3), np.uint8), -1
        self.looks = self.faces = 0

    def __call__(self, pair: Pair, closely: bool = True) -> list[Detection]:
        """The likely faces of a pair, seen or not in the output; with all eyes, or with the best of them only."""
        self.looks += 1
        look = self._eyes.detect if closely else self._eyes.glance
        image, x, y = self._image(pair)
        found = self._worth(pair, (replace(face, box=scaled(face.box, x, y)) for face in look(image)))
        self.faces = len(found)
        return found

    def closely(self, pair: Pair, box: Box) -> list[Detection]:
        """What a close-up shows at one place of a pair that was not looked at."""
        image, x, y = self._image(pair)
        found = self._eyes.closely(image, scaled(box, 1 / x, 1 / y))
        return self._worth(pair, (replace(face, box=scaled(face.box, x, y)) for face in found))

    def surely(self, pair: Pair, box: Box, little: bool) -> bool:
        """Whether close-ups agree that there is a face, of which perhaps ``little`` shows."""
        image, x, y = self._image(pair)
        return self._eyes.agree(image, scaled(box, 1 / x, 1 / y), little)

    def _image(self, pair: Pair) -> tuple[Image, float, float]:
        """The picture that is looked at, and how many pixels of the frame one of its is wide and high."""
        if pair.number != self._at:
            frame = pair.base
            self._shown = self._picture(frame.picture, frame.orientation)
            self._at = pair.number
        width, height = shown_size(pair.base.picture, pair.base.orientation)
        return self._shown, width / self._shown.shape[1], height / self._shown.shape[0]

    def _worth(self, pair: Pair, seen: Iterable[Detection]) -> list[Detection]:
        """The likely ones that are large enough to be recognised and that nobody wants to be seen."""
        large = (face for face in seen if face.score >= self._eyes.likely and face.box.width >= SMALLEST)
        return [face for face in large if not self._wanted(pair, face.box)]

    def _wanted(self, pair: Pair, box: Box) -> bool:
        """Whether somebody chose to leave this face visible."""
        areas = (region.box for region in self._wishes.excluded if region.at(pair.time))
        if sum(overlap(area, box) for area in areas) > CHOSEN * box.area:
            return True
        if self._known is None or not self._wishes.kept or pair.number >= len(self._known.times):
            return False
        pts = int(self._known.times[pair.number])
        covers = (c for c in self._known.covers(pair.number) if pts in self._wishes.kept.get(c.track, ()))
        return any(iou(cover.box, box) >= SAME for cover in covers)

    def shown(self, pair: Pair, box: Box) -> float:
        """How much of a face, from brow to mouth, can be seen in the output, 0 to 1."""
        now, was = self._pictures(pair)
        inner = grown(box, -INNER)
        return (shown(was, now, inner) or 0.0) if was is not None else detailed(now, inner)

    def _pictures(self, pair: Pair) -> tuple[Gray, Gray | None]:
        """Brightness of both; those of the newest pairs are kept."""
        if pair.number not in self._grays:
            grays = [gray(f.picture, f.orientation) for f in (pair.output, pair.original) if f is not None]
            self._grays = {pair.number: (grays[0], grays[1] if len(grays) > 1 else None)}
        return self._grays[pair.number]
