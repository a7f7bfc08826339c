"""YuNet, a small face network that OpenCV runs (``cv2.FaceDetectorYN``).

Weights: face_detection_yunet_2023mar.onnx of the OpenCV Zoo, MIT licence; not part of the package.
Paper: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur import models
from streamblur.detectors._modest import modest
from streamblur.detectors._scan import Layer, Scan
from streamblur.geometry import grown
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

_LONGEST = (640, 960)  # sides of the whole picture as it is looked at; 320 adds false boxes, 1280 costs 45 CPU-ms
_TIGHT = 0.04  # its boxes leave out the ears and the hairline: median area 0.96 of the truth boxes of videos.json


class Network:
    """YuNet, ready to look at pictures of any size."""

    def __init__(self, weights: bytes, confidence: float) -> None:
        with modest():
            self._network = cv2.FaceDetectorYN.create(
                "onnx", np.frombuffer(weights, np.uint8), np.empty(0, np.uint8), (320, 320), confidence
            )

    def __call__(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        with modest():
            self._network.setInputSize((width, height))
            _, rows = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        return [] if rows is None else [_face(row) for row in rows]


class YuNet:
    """The detector that ``build`` makes."""

    def __init__(self, network: Network, settings: Settings) -> None:
        sides = (*_LONGEST, 0) if settings.thorough or settings.alone else _LONGEST
        self._scan = Scan([[Layer(network, longest=side) for side in sides]], settings.min_face)

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first."""
        with modest():
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


def _face(row: NDArray[np.float32]) -> Detection:
    """A row of FaceDetectorYN: left, top, width, height, ten landmark coordinates, score."""
    left, top, width, height = (float(v) for v in row[:4])
    box = grown(Box(left, top, left + width, top + height), _TIGHT)
    return Detection(box, float(row[14]), "yunet")
