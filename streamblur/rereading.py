"""Reading a recording a second time where the frames that wait for a decision would take too much memory."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

from streamblur import rooms
from streamblur.settings import Settings
from streamblur.threads import ahead
from streamblur.values import Frame, StreamInfo

MOST_HELD = 400 << 20
"""Bytes of frames that may wait: 1.3 seconds of 4K at 25 frames a second, and 8 bits a sample, are more."""
_GAP = 10
"""Frames between looks at most, by which frames wait longer than hindsight asks for."""
_USUAL_RATE = 30
_AHEAD = 2
"""Frames decoded before they are wanted."""


def wanted(settings: Settings, info: StreamInfo) -> bool:
    """Whether frames of this kind had better not wait in memory."""
    if info.written is not None or info.live:
        return False
    frames = settings.hindsight * float(info.rate or _USUAL_RATE) + (settings.every or _GAP)
    return frames * _bytes(info) > MOST_HELD


def again(settings: Settings, place: Path, info: StreamInfo, stack: ExitStack) -> Iterable[Frame] | None:
    """The frames of the video in ``place`` once more, decoded when they are decided about, on a thread that ends with
    the stack; None where they may wait."""
    if not wanted(settings, info):
        return None
    source = stack.enter_context(closing(rooms.part("sources", "file").build(settings, place)))
    return ahead(stack, source, _AHEAD, "decode again")


def _bytes(info: StreamInfo) -> int:
    """Of one frame."""
    from streamblur.layouts import layouts  # which imports PyAV: not for who asks for help

    area = info.width * info.height
    return sum(area * (1 + (c.bits > 8)) // (c.step_x * c.step_y) for c in layouts(info.pixel_format))
