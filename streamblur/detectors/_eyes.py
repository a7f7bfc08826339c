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
from streamblur.detectors._modest import modest
from streamblur.detectors._scan import Layer, Look, Scan
from streamblur.detectors._second import LIKELY, SURE, Judge, doubted
from streamblur.geometry import clipped, grown, iou, moved, scaled
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
_SAME = 0.3
_NEAR = 0.15


class Eyes:
    """Looks at pictures; ``names`` says with what. ``likely`` is the score from which a sight counts: what two networks
    agree on is weighed by a jury, of one that judges alone only what it is sure of."""

    def __init__(
        self, layers: list[Layer], close: Judge, jury: Jury | None, names: tuple[str, ...], settings: Settings
    ) -> None:
        least = min(settings.min_face, SMALLEST)
        self._scan, self._glance = Scan([layers], least), Scan([layers[:1]], least)
        self._close, self._jury, self.names = close, jury, names
        self.likely = SURE if jury is None else LIKELY
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
        height, width = image.shape[:2]
        around = clipped(grown(place, AROUND), width, height)
        if around is None or min(around.width, around.height) < 2:
            return []
        left, top, right, bottom = (round(edge) for edge in (around.left, around.top, around.right, around.bottom))
        zoom = CLOSE / max(right - left, bottom - top)
        size = max(1, round((right - left) * zoom)), max(1, round((bottom - top) * zoom))
        cut = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
        found = (replace(f, box=moved(scaled(f.box, 1 / zoom, 1 / zoom), left, top)) for f in self.glance(cut))
        return [face for face in found if iou(face.box, place) >= _NEAR]

    def agree(self, image: Image, place: Box, little: bool) -> bool:
        """Whether close-ups agree that there is a face, of which perhaps ``little`` shows: many covered ones side by
        side look like one in a single size. Eyes without a jury cannot tell."""
        with modest():
            return self._jury is None or self._jury.agrees(image, place, little)

    def _looked(self, image: Image, scan: Scan) -> Sequence[Detection]:
        with modest():
            mirrored = np.ascontiguousarray(image[:, ::-1])
            sights = scan.sights(mirrored)
            strict = [s.detection for s in sights if s.detection.source in ("yunet", "centerface")]
            faces = scan.reported(joined(sights), mirrored)
            rated = [(face, _best(face, strict)) for face in faces]
            return [_back(face, image.shape[1]) for face in self._judged(mirrored, rated)]

    def _judged(self, image: Image, rated: Sequence[tuple[Detection, float]]) -> list[Detection]:
        certain = [replace(face, score=score) for face, score in rated if score >= CERTAIN]
        doubtful = [(face, score) for face, score in rated if score < CERTAIN]
        if self._jury is None:
            return certain + doubted(image, [replace(face, score=0.0) for face, _ in doubtful], self._close, True)
        return certain + [said for said, _ in self._jury(image, doubtful)]

    def close(self) -> None:
        """Gives the models back. May be called again."""
        self._opened.close()


def build(settings: Settings, longest: int) -> Eyes:
    """Eyes for the output of a run with these settings that look at pictures of ``longest`` pixels."""
    with ExitStack() as opened:
        passes = mediapipe.networks(replace(settings, confidence=CONFIDENCE, model="both"), opened)
        layers = [Layer(passes[SHORT]), Layer(passes[FULL])]
        names = ["MediaPipe, mirrored, with close-ups"]
        jury = None
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
        eyes = Eyes(layers, passes[SHORT].tilted, jury, tuple(names), settings)
        eyes.owns(opened.pop_all())
    return eyes


def _third(settings: Settings) -> Look | None:
    """CenterFace, if it is here and did not look in the run."""
    here = models.place(models.CENTERFACE) is not None and find_spec("onnxruntime") and find_spec("onnx")
    asked = "centerface" in settings.detector.split("+")
    return centerface.Network(models.data(models.CENTERFACE), CONFIDENCE) if here and not asked else None


def _best(face: Detection, strict: Sequence[Detection]) -> float:
    return max((d.score for d in strict if iou(d.box, face.box) >= _SAME), default=0.0)


def _back(face: Detection, width: int) -> Detection:
    """A face of the mirror image where it is in the picture."""
    box = face.box
    return replace(face, box=Box(width - box.right, box.top, width - box.left, box.bottom))
