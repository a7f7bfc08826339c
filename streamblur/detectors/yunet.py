"""YuNet, a small face network that OpenCV runs (``cv2.FaceDetectorYN``).

Weights: face_detection_yunet_2023mar.onnx of the OpenCV Zoo, MIT licence; not part of the package.
Paper: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur.detectors._scan import Layer, Scan
from streamblur.errors import MissingError
from streamblur.geometry import grown
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

FILE = "face_detection_yunet_2023mar.onnx"
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
_LONGEST = (640, 960)  # sides of the whole picture as it is looked at; 320 adds false boxes, 1280 costs 45 CPU-ms
_TIGHT = 0.04  # its boxes leave out the ears and the hairline: median area 0.96 of the truth boxes of videos.json
_OPENCV = threading.Lock()


class YuNet:
    """The detector that ``build`` makes."""

    def __init__(self, weights: bytes, settings: Settings) -> None:
        with _modest():
            self._network = cv2.FaceDetectorYN.create(
                "onnx", np.frombuffer(weights, np.uint8), np.empty(0, np.uint8), (320, 320), settings.confidence
            )
        self._scan = Scan([[Layer(self._look, longest=longest) for longest in _LONGEST]], settings.min_face)

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first."""
        with _modest():
            return self._scan(image)

    def close(self) -> None:
        """Nothing is held open."""

    def _look(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        self._network.setInputSize((width, height))
        _, rows = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        return [] if rows is None else [_face(row) for row in rows]


def build(settings: Settings) -> Detector:
    """A detector with the weights found on this machine.

    Raises MissingError when they are not there or are not the right ones.
    """
    path = weights()
    if path is None:
        raise MissingError(
            f"The face model {FILE} (sha256 {SHA256}) is not installed: get it with 'streamblur models get yunet', "
            f"or put it into {cache_folder()}."
        )
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise MissingError(f"{path} is not the face model with sha256 {SHA256}: replace it.")
    return YuNet(data, settings)


def weights() -> Path | None:
    """Where the weights lie: STREAMBLUR_MODELS (a folder or the file), then the user's cache; None if nowhere."""
    places = [cache_folder()]
    if named := os.environ.get("STREAMBLUR_MODELS"):
        places.insert(0, Path(named).expanduser())
    files = (place / FILE if place.is_dir() else place for place in places)
    return next((file for file in files if file.is_file()), None)


def cache_folder() -> Path:
    """The user's cache folder for models on this system."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "streamblur" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "streamblur"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "streamblur"


def _face(row: NDArray[np.float32]) -> Detection:
    """A row of FaceDetectorYN: left, top, width, height, ten landmark coordinates, score."""
    left, top, width, height = (float(v) for v in row[:4])
    box = grown(Box(left, top, left + width, top + height), _TIGHT)
    return Detection(box, float(row[14]), "yunet")


@contextmanager
def _modest() -> Iterator[None]:
    """One thread and no warnings while OpenCV's network runs.

    Two threads halve the wall time of a look but cost 30 % more CPU time, which the encoder needs
    (measured: 13.2 against 10.1 CPU-ms at 640 x 360). OpenCV 5.0 warns of a target that it ignores anyway.
    """
    with _OPENCV:
        threads, level = cv2.getNumThreads(), cv2.utils.logging.getLogLevel()
        cv2.setNumThreads(1)
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        try:
            yield
        finally:
            cv2.utils.logging.setLogLevel(level)
            cv2.setNumThreads(threads)
