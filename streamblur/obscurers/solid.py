"""One constant grey, the same for every face: nothing of the picture is left."""

from __future__ import annotations

import numpy as np

from streamblur.layouts import Layout
from streamblur.ports import Obscurer, Patch
from streamblur.settings import Settings

GREY = 0.3
"""Brightness as a share of full scale; colour differences are set to neutral."""


def build(settings: Settings, component: Layout) -> Obscurer:
    """Fills with grey."""
    scale = 1 << component.bits
    value = (scale // 2 if component.middle else int(scale * GREY)) << component.shift

    def solid(patch: Patch) -> Patch:
        return np.full_like(patch, value)

    return solid
