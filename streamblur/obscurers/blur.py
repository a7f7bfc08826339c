"""A true Gaussian blur whose strength follows the face (source of the numbers: ``_gaussian``)."""

from __future__ import annotations

import cv2

from streamblur.layouts import Layout
from streamblur.obscurers._gaussian import enlarged, lowpass
from streamblur.ports import Obscurer, Patch
from streamblur.settings import Settings


def build(settings: Settings, component: Layout) -> Obscurer:
    """A blur with sigma = 0.25 x ``settings.strength`` of the patch's size."""

    def blur(patch: Patch) -> Patch:
        return enlarged(lowpass(patch, settings.strength), patch, cv2.INTER_LINEAR)

    return blur
