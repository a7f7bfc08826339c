"""The two BlazeFace models: their files, and where the face lies in the square they draw.

Paper: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", arXiv 1907.05047.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streamblur.values import Box


@dataclass(frozen=True, slots=True)
class Model:
    """A model file, and where hairline, chin and ears lie in its box.

    The box of BlazeFace is a square from the eyebrows to below the mouth. ``left`` to ``bottom`` are the edges
    of the face on an upright head in units of that square; ``turn`` moves them sideways, in the same units, for
    each unit by which the nose lies beside the middle of the ears, as it does on a turned head.
    """

    file: str
    left: float
    top: float
    right: float
    bottom: float
    turn: float
    span: float


# Quantile regression (the outer 20 to 30 % line) against the truth boxes of ../shared/media/videos.json, whole
# pictures and tiles of 180 to 720 px, at most 100 faces per clip and layer: 3200 faces (short), 4169 (full).
SHORT = Model("face_detection_short_range.tflite", -0.02, -0.27, 1.01, 1.03, 0.15, 2.33)
FULL = Model("face_detection_full_range_sparse.tflite", -0.02, -0.19, 1.03, 1.09, -0.25, 2.46)
# Span: medians over 300 upright faces. On heads tilted by 30 to 50 degrees the square shrinks to 0.78 of its upright
# size while the keypoints stay where they belong (76 faces), so it is not allowed to be smaller than they say.
_TURNED = 0.4  # the nose beside the ears, in units of the square: beyond, the keypoints of a profile are guesses


def face_box(model: Model, corner: complex, size: float, points: Sequence[complex]) -> Box:
    """Hairline to chin, ear to ear: the box around the face's ellipse, tilted as the head is.

    Points are complex numbers x + iy in pixels: ``corner`` and ``size`` give BlazeFace's square, ``points`` are
    its right and left eye, nose, mouth, right and left ear.
    """
    nose, right_ear, left_ear = points[2], points[4], points[5]
    across = _across(points)
    tilt = upright(points)
    beside = ((nose - (right_ear + left_ear) / 2) / tilt).real / size
    shift = model.turn * max(-_TURNED, min(_TURNED, beside))
    middle = complex((model.left + model.right - 1) / 2 + shift, (model.top + model.bottom - 1) / 2)
    center = corner + size * (0.5 + 0.5j)
    size = max(size, model.span * abs(across) / 2)
    center += size * middle * tilt
    wide, high = size * (model.right - model.left) / 2, size * (model.bottom - model.top) / 2
    x, y = math.hypot(wide * tilt.real, high * tilt.imag), math.hypot(wide * tilt.imag, high * tilt.real)
    return Box(center.real - x, center.imag - y, center.real + x, center.imag + y)


def upright(points: Sequence[complex]) -> complex:
    """The direction (unit length) in the picture in which the head's own right hand side, as we see it, lies."""
    across = _across(points)
    return across / abs(across) if across else 1 + 0j


def _across(points: Sequence[complex]) -> complex:
    """Across the eyes and down to the mouth say together how a head is tilted; on a profile only the second does."""
    right_eye, left_eye, _, mouth = points[:4]
    return left_eye - right_eye + (mouth - (left_eye + right_eye) / 2) * -1j
