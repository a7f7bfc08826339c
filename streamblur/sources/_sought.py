"""Reading a video from the middle: from a key frame at or before a time, everything before that time left out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from av import VideoFrame
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

DIVISIBLE = frozenset(["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"])
"""Containers with an index of exact times. In the others seeking is a guess (MPEG-TS, raw H.264), or frames are
numbered from the start (AVI)."""
_STEP = Fraction(2)
"""Seconds to go back first when a key frame was found that is shown too late; doubled each time."""


def sought(container: InputContainer, stream: VideoStream, start: Fraction) -> Iterator[VideoFrame]:
    """The pictures shown at ``start`` seconds or later, and those without a time. May raise what PyAV raises."""
    ticks = ceil(start / (stream.time_base or Fraction(1)))
    for packet in _packets(container, stream, ticks):
        for picture in stream.decode(packet):
            if picture.pts is None or picture.pts >= ticks:
                yield picture


def _packets(container: InputContainer, stream: VideoStream, ticks: int) -> Iterator[Packet[VideoStream]]:
    """From the first key frame found that is shown at ``ticks`` or before, else from the beginning.

    The beginning is asked for by a time well before it, since its first frame may be decoded before it is shown.
    What a key frame leaves open (pictures before it that need those of the group before) is shown before it, and so
    left out; a container finds key frames by when they are decoded, which is before they are shown.
    """
    back, step = 0, max(1, round(_STEP / (stream.time_base or Fraction(1))))
    lowest = min(ticks, stream.start_time or 0) - 8 * step
    while True:
        target = max(lowest, ticks - back)
        container.seek(target, stream=stream, backward=True)
        packets = container.demux(stream)
        first = next(packets)
        if target == lowest or (first.is_keyframe and first.pts is not None and first.pts <= ticks):
            break
        back = 2 * back or step
    yield first
    yield from packets
