"""Chapters: marks in time at which looking and mosaics begin anew, so that each stretch between two of them can be
looked at, and covered, by somebody who has not seen the ones before it (``streamblur.segments``).

A chapter begins with the first frame at or after a whole number of ``CHAPTER`` seconds on the recording's own clock.
"""

from __future__ import annotations

import math

from streamblur.values import Frame

CHAPTER = 60
"""Seconds. Beginning anew costs a look at everything, half a look more than usual, once in about 300 looks. Shorter
ones would give a mosaic new values more often (``obscurers.pixelate``), longer ones would keep fewer machines busy."""
LEAD = 2
"""Seconds before a chapter whose changes tell what is usual when it begins."""


def chapter(frame: Frame) -> int:
    """Which chapter a frame belongs to."""
    return math.floor(frame.pts * frame.time_base / CHAPTER)
