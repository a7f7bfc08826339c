"""Other eyes than those of the run, to look again at what it wrote: mirrored, in another size, more sensitive.

A network that saw nothing in a picture often sees the face in its mirror image (its errors are not symmetric), and
one that errs on a pattern seldom errs on its mirror image too. What is not certain is put before the jury: close-ups
for the other network. CenterFace, a third network, looks too where it is installed and the run did not ask it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec

import cv2
import numpy as np

from streamblur import models
from streamblur.detectors import centerface, mediapipe, yunet
from streamblur.detectors._blazeface import FULL, SHORT
from streamblur.detectors._joining import joined
from streamblur.detectors._jury import Jury
from streamblur.detectors._scan import Layer, Look, Scan
from streamblur.detectors._second import LIKELY, Judge, either_way_up
from streamblur.geometry import clipped, grown, iou, mirrored, moved, scaled
from streamblur.ports import Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

CONFIDENCE = 0.3
"""Score from which YuNet's and MediaPipe's sights are considered; the jury has the last word on the weak ones."""
CERTAIN = 0.8
"""Score of YuNet from which nobody else is asked."""
SMALLEST = 8
"""Pixels of the picture looked at that a face needs at least, unless the settings ask for less."""
CLOSE = 256
"""Longest side in pixels of a close-up; AROUND is added to the face on every side, as a share of it."""
AROUND = 1.0
VIEWS, INPUT = (1.5, 2.0, 3.0), 128
"""Where MediaPipe judges alone: sides of its close-ups in units of the face's longer side, each mirrored too, and their
pixels: those of its short range's input, which shows a face twice as large as four on a sheet do."""
ENOUGH, SCORE = 0.66, 0.8
"""Mean opinion on them from which it is a face, and the score that it then has. Of 598 boxes that are none 3 had more,
of 80 whole faces all but one, of 60 half-hidden ones 34; judged four on a sheet it was 2, 75 and 6."""
ALONE = "MediaPipe alone, mirrored, with close-ups; it misses more half-hidden and small faces than with YuNet"
_SAME = 0.3
_NEAR = 0.15
_THERE = 0.4


class Eyes:
    """Looks at pictures; ``names`` says with what. ``likely`` is the score from which a sight counts: what two networks
    agree on is weighed by a jury; one that is alone has to see it in several close-ups."""

    def __init__(
        self, layers: list[Layer], close: Judge, jury: Jury | None, names: tuple[str, ...], settings: Settings
    ) -> None:
        least = min(settings.min_face, SMALLEST)
        self._scan, self._glance = Scan([layers], least), Scan([layers[:1]], least)
        self._close, self._jury, self.names = close, jury, names
        self.likely = SCORE if jury is None else LIKELY
        self._opened = ExitStack()

    def owns(self, opened: ExitStack) -> None:
        """Take over what must be closed with these eyes."""
        self._opened = opened

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3); the score is ``likely`` or more for a likely one."""
        return self._looked(image, self._scan)

    def glance(self, image: Image) -> Sequence[Detection]:
        """The same with the one network that sees most; close-ups are for both."""
        return self._looked(image, self._glance)

    def closely(self, image: Image, place: Box) -> Sequence[Detection]:
        """Faces at one place, seen in a close-up of CLOSE pixels."""
        around = clipped(grown(place, AROUND), image.shape[1], image.shape[0])
        if around is None or min(around.width, around.height) < 2:
            return []
        cut, left, top, zoom = _cut(image, around, CLOSE)
        found = (replace(f, box=moved(scaled(f.box, 1 / zoom, 1 / zoom), left, top)) for f in self.glance(cut))
        return [face for face in found if iou(face.box, place) >= _NEAR]

    def agree(self, image: Image, place: Box, little: bool) -> bool:
        """Whether close-ups agree that there is a face, of which perhaps ``little`` shows. Eyes without a jury have
        asked them already."""
        return self._jury is None or self._jury.agrees(image, place, little)

    def _looked(self, image: Image, scan: Scan) -> Sequence[Detection]:
        mirror = np.ascontiguousarray(image[:, ::-1])
        sights = scan.sights(mirror)
        strict = [s.detection for s in sights if s.detection.source in ("yunet", "centerface")]
        faces = scan.reported(joined(sights), mirror)
        rated = [(face, _best(face, strict)) for face in faces]
        judged = self._judged(mirror, rated)
        return [replace(face, box=mirrored(face.box, image.shape[1])) for face in judged]

    def _judged(self, image: Image, rated: Sequence[tuple[Detection, float]]) -> list[Detection]:
        certain = [replace(face, score=score) for face, score in rated if score >= CERTAIN]
        doubtful = [(face, score) for face, score in rated if score < CERTAIN]
        if self._jury is not None:
            return certain + [said for said, _ in self._jury(image, doubtful)]
        said = either_way_up(image, [face.box for face, _ in doubtful], self._close)
        likely = (face for (face, _), opinion in zip(doubtful, said, strict=True) if opinion.score >= LIKELY)
        return certain + [replace(face, score=closer(image, face.box, self._close)) for face in likely]

    def close(self) -> None:
        """Gives the models back. May be called again."""
        self._opened.close()


def build(settings: Settings, longest: int) -> Eyes:
    """Eyes for the output of a run with these settings that look at pictures of ``longest`` pixels."""
    with ExitStack() as opened:
        passes = mediapipe.networks(replace(settings, confidence=CONFIDENCE, model="both"), opened)
        layers = [Layer(passes[SHORT]), Layer(passes[FULL])]
        names, jury = ["MediaPipe, mirrored, with close-ups"], None
        if models.place(models.YUNET) is not None:
            network = yunet.Network(models.data(models.YUNET), CONFIDENCE)
            layers = [Layer(network, longest=longest, grain=256.0), Layer(network, longest=480, grain=256.0), *layers]
            names.append(f"YuNet, mirrored, at {longest} and 480 pixels")
            jury = Jury(passes[SHORT].tilted, network)
        else:
            layers = [Layer(passes[FULL], 320, 80), Layer(passes[FULL], 240, 60), *layers]
        if (third := _third(settings)) is not None:
            layers.append(Layer(third, longest=longest))
            names.append("CenterFace")
        told = tuple(names) if len(names) > 1 else (ALONE,)
        eyes = Eyes(layers, passes[SHORT].tilted, jury, told, settings)
        eyes.owns(opened.pop_all())
    return eyes


def _third(settings: Settings) -> Look | None:
    """CenterFace, if it is here and did not look in the run."""
    here = models.place(models.CENTERFACE) is not None and find_spec("onnxruntime") and find_spec("onnx")
    asked = "centerface" in settings.detector.split("+")
    return centerface.Network(models.data(models.CENTERFACE), CONFIDENCE) if here and not asked else None


def closer(image: Image, face: Box, judge: Judge) -> float:
    """How sure ``judge`` alone is of a face on an RGB picture, 0 to 1 (SCORE: enough), seen from nearer and farther,
    and in the mirror."""
    scores: list[float] = []
    for share in VIEWS:
        x, y = face.center
        half = share * max(face.width, face.height) / 2
        around = clipped(Box(x - half, y - half, x + half, y + half), image.shape[1], image.shape[0])
        if around is None or min(around.width, around.height) < 2:
            return 0.0
        cut, left, top, zoom = _cut(image, around, INPUT)
        here = scaled(moved(face, -left, -top), zoom, zoom)
        other = np.ascontiguousarray(cut[:, ::-1]), mirrored(here, cut.shape[1])
        for view, place in ((cut, here), other):
            there = (found.score for found, _ in judge(view) if iou(found.box, place) >= _THERE)
            scores.append(max(there, default=0.0))
    return min(1.0, float(np.mean(scores)) / ENOUGH * SCORE)


def _cut(image: Image, area: Box, longest: int) -> tuple[Image, int, int, float]:
    """An area of the picture, its longest side of so many pixels; its left and top edge there, and the enlargement."""
    left, top, right, bottom = (round(edge) for edge in (area.left, area.top, area.right, area.bottom))
    zoom = longest / max(right - left, bottom - top)
    size = max(1, round((right - left) * zoom)), max(1, round((bottom - top) * zoom))
    cut = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR)
    return cut.astype(np.uint8, copy=False), left, top, zoom


def _best(face: Detection, strict: Sequence[Detection]) -> float:
    return max((d.score for d in strict if iou(d.box, face.box) >= _SAME), default=0.0)
