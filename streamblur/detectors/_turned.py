"""Looking at a picture that is held another way round, since a photo may lie on its side and so may people, or at its
mirror image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamblur.detectors._scan import Look
from streamblur.geometry import mirrored
from streamblur.ports import Image
from streamblur.values import Box, Detection


def turned(look: Look, quarters: int) -> Look:
    """``look``, but at the picture turned left by 1, 2 or 3 quarters; boxes are those in the picture as it is given."""

    def looked(image: Image) -> Sequence[Detection]:
        seen = look(np.ascontiguousarray(np.rot90(image, quarters)))
        height, width = image.shape[:2]
        return [replace(face, box=_back(face.box, quarters, width, height)) for face in seen]

    return looked


def flipped(look: Look) -> Look:
    """``look``, but at the mirror image; boxes are those in the picture as it is given."""

    def looked(image: Image) -> Sequence[Detection]:
        seen = look(np.ascontiguousarray(image[:, ::-1]))
        return [replace(face, box=mirrored(face.box, image.shape[1])) for face in seen]

    return looked


def _back(box: Box, quarters: int, width: float, height: float) -> Box:
    match quarters:
        case 1:
            return Box(width - box.bottom, box.left, width - box.top, box.right)
        case 2:
            return Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
        case _:
            return Box(box.top, height - box.right, box.bottom, height - box.left)
