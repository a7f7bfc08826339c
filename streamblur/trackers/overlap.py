"""Tracks by overlap and motion alone: cheaper than ``motion``, and blind where those two are not enough.

Nothing of the picture is kept; a face that is lost is held where its motion took it, and a new one is not
followed back. For machines that are short of memory, and as the measure of what ``motion`` gains.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamblur.ports import Tracker
from streamblur.settings import Settings
from streamblur.trackers.motion import MotionTracker
from streamblur.values import Box


class OverlapTracker(MotionTracker):
    """``MotionTracker`` that never asks the picture."""

    def trace(self, box: Box, start: int, stop: int) -> Sequence[Box]:
        return []


def build(settings: Settings) -> Tracker:
    """A tracker without pictures."""
    return OverlapTracker(kept=1)
