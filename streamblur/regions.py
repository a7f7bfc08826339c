"""Places that somebody chose by hand, and when they count: ``x,y,w,h`` or ``x,y,w,h@start-end``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from streamblur.errors import SettingsError
from streamblur.values import Box

_PLACE = re.compile(r"\s*([^@]+?)\s*(?:@\s*([\d:.]*)\s*-\s*([\d:.]*)\s*)?", re.ASCII)
_CLOCK = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,9})?)", re.ASCII)
_FARTHEST = 1e6
"""Pixels; no picture is larger."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in upright pixels, from ``start`` to before ``end`` in seconds from the first frame."""

    box: Box
    start: float = 0.0
    end: float = math.inf

    def at(self, seconds: float) -> bool:
        """Whether it counts at this time from the first frame."""
        return self.start <= seconds < self.end


def region(text: str) -> Region:
    """``x,y,w,h`` in pixels from the upper left corner of the upright picture, with ``@start-end`` if it counts
    for a while only; a time is 12.5, 1:23 or 1:02:03, and either end may be left open.

    Raises SettingsError for anything else.
    """
    found = _PLACE.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        x, y, width, height = (float(number) for number in found[1].split(","))
        start, end = _seconds(found[2], 0.0), _seconds(found[3], math.inf)
        within = max(abs(x), abs(y), width, height) <= _FARTHEST
    except ValueError as error:
        raise SettingsError(_told(text)) from error
    if not (within and width > 0 and height > 0 and start < end):
        raise SettingsError(_told(text))
    return Region(Box(x, y, x + width, y + height), start, end)


def _seconds(text: str | None, default: float) -> float:
    if not text:
        return default
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _told(text: str) -> str:
    return f"{text!r} is no region: give x,y,w,h in pixels, or x,y,w,h@start-end with times such as 12.5 or 1:23."
