"""A small JPEG of a frame, or of a part of it, as a person sees it."""

from __future__ import annotations

import math
from io import BytesIO

from av.video.reformatter import Interpolation, VideoReformatter
from PIL import Image

from streamblur.geometry import clipped
from streamblur.planes import shown_size, turned
from streamblur.values import Box, Frame

QUALITY = 80


def shot(frame: Frame, area: Box | None, longest: int, quality: int = QUALITY) -> bytes:
    """The ``area`` (upright pixels; None: all) of a frame as a JPEG of at most ``longest`` pixels a side, upright, with
    nothing in it but pixels."""
    picture, orientation = frame.picture, frame.orientation
    rgb = VideoReformatter().reformat(picture, format="rgb24", interpolation=Interpolation.AREA).to_ndarray()
    upright = Image.fromarray(turned(rgb, orientation))
    inside = clipped(area, *shown_size(picture, orientation)) if area is not None else None
    if inside is not None:
        edges = round(inside.left), round(inside.top), math.ceil(inside.right), math.ceil(inside.bottom)
        upright = upright.crop(edges)
    upright.thumbnail((longest, longest), Image.Resampling.BOX)
    written = BytesIO()
    upright.save(written, "JPEG", quality=quality)
    return written.getvalue()
