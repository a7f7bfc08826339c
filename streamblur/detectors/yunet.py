"""YuNet, a small face network, run by onnxruntime: at a third to two fifths of the time that OpenCV's own takes for it.

Weights: face_detection_yunet_2023mar.onnx of the OpenCV Zoo, MIT licence; not part of the package.
Paper: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
Answers are read as OpenCV's FaceDetectorYN reads them; a test holds the two side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur import models
from streamblur.detectors._onnx import batch, session
from streamblur.detectors._scan import Layer, Scan
from streamblur.geometry import grown
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

_LONGEST = (640, 960)  # sides of the whole picture as it is looked at; 320 adds false boxes
_TIGHT = 0.04  # its boxes leave out the ears and the hairline: median area 0.96 of the truth boxes of videos.json
_CELLS = (8, 16, 32)  # pixels between neighbouring answers, of small, larger and large faces
_OUTPUTS = tuple(f"{what}_{cell}" for cell in _CELLS for what in ("cls", "obj", "bbox"))
_TWICE = 0.3  # IoU from which two answers are one face
_640 = bytes.fromhex("0a03088005")  # a side of 640 pixels, as the file says it of its input ...
_ANY = (bytes.fromhex("0a03120168"), bytes.fromhex("0a03120177"))  # ... and one of any length, called h or w


class Network:
    """YuNet, ready to look at pictures of any size."""

    def __init__(self, weights: bytes, confidence: float) -> None:
        for side in _ANY:  # the network takes any size; the file says one
            weights = weights.replace(_640, side, 1)
        self._session = session(weights)
        self._confidence = confidence

    def __call__(self, image: Image) -> list[Detection]:
        picture = batch(image, _CELLS[-1], bgr=True)  # as it was taught
        answers = self._session.run(_OUTPUTS, {"input": picture})
        grids = [(answers[3 * i : 3 * i + 3], cell) for i, cell in enumerate(_CELLS)]
        found = [_read(grid, cell, picture.shape[3], self._confidence) for grid, cell in grids]
        return _once(np.concatenate(found), self._confidence)


class YuNet:
    """The detector that ``build`` makes."""

    def __init__(self, network: Network, settings: Settings) -> None:
        sides = (*_LONGEST, 0) if settings.thorough or settings.alone else _LONGEST
        self._scan = Scan([[Layer(network, longest=side) for side in sides]], settings.min_face)

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first."""
        return self._scan(image)

    def forget(self) -> None:
        """Take the next picture for the first one."""
        self._scan.forget()

    def close(self) -> None:
        """Nothing is held open."""


def build(settings: Settings) -> Detector:
    """A detector with the weights found on this machine.

    Raises MissingError when they are not there or are not the right ones.
    """
    return YuNet(Network(models.data(models.YUNET), settings.confidence), settings)


def _read(grid: Sequence[NDArray[np.float32]], cell: int, width: int, confidence: float) -> NDArray[np.float64]:
    """The answers of one grid, row by row over a picture of this width, as rows of left, top, width, height, score.
    A place is that of the middle, in cells from its own, and the logarithm of the sides in cells."""
    face, there, place = grid
    scores = np.sqrt(face.clip(0, 1) * there.clip(0, 1))[0, :, 0]
    likely = np.flatnonzero(scores >= confidence)
    rows, columns = np.divmod(likely, width // cell)
    across, down, wide, high = place[0, likely].astype(np.float64).T
    wide, high = np.exp(wide) * cell, np.exp(high) * cell
    left, top = (columns + across) * cell - wide / 2, (rows + down) * cell - high / 2
    return np.stack([left, top, wide, high, scores[likely]], axis=1)


def _once(answers: NDArray[np.float64], confidence: float) -> list[Detection]:
    """The answers of which none nearby is surer, as faces."""
    best = cv2.dnn.NMSBoxes(answers[:, :4].tolist(), answers[:, 4].tolist(), confidence, _TWICE) if len(answers) else []
    faces = ((float(v) for v in answers[int(i)]) for i in best)
    return [Detection(grown(Box(x, y, x + w, y + h), _TIGHT), score, "yunet") for x, y, w, h, score in faces]
