"""How well detections fit tracks, by place and size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamblur.geometry import edges, ious
from streamblur.values import Box

JOIN = 0.2
"""Intersection over union from which a track and a detection are the same face."""
NEAR = 0.6
"""Distance of centres, in face sizes, up to which they may be the same face."""
ALIKE = 2.0
"""Ratio of sizes up to which they may be the same face."""
_TINY = 1e-9


def fits(lives: Sequence[Box], seen: Sequence[Box]) -> NDArray[np.float64]:
    """How well each detection (column) fits each track (row), 0 (not at all) to 2."""
    a, b = edges(lives)[:, None], edges(seen)[None]
    sizes, others = (np.sqrt((x[..., 2:] - x[..., :2]).clip(0).prod(-1)) for x in (a, b))
    smaller, larger = np.minimum(sizes, others), np.maximum(sizes, others)
    apart = np.linalg.norm((a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2, axis=-1)
    near = (1.0 - apart / np.maximum(smaller, _TINY) / NEAR).clip(0)
    overlap = ious(lives, seen)
    return np.where((smaller > 0) & (larger <= ALIKE * smaller), np.where(overlap >= JOIN, 1.0 + overlap, near), 0.0)
