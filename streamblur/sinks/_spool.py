"""Where a long picture track waits until all of it is encoded, so that memory does not grow with the recording.

FFmpeg's muxer for .mp4 and .mov keeps 72 bytes of each packet, of picture and sound, until the file ends: 40 MB in two
hours, and as much again lost in holes as that table grows. So the packets of the picture lie in a hidden file beside
the output until the end, when the encoder and the pictures in work are gone; only then the file is put together.
One thing is lost on the way: FFmpeg's mark on frames of HEVC and AV1 that no other frame needs (box sdtp).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from av.packet import Packet
from av.video.stream import VideoStream

from streamblur.sinks import _records
from streamblur.sinks._partial import PartialFile
from streamblur.sinks._picture import PictureTrack
from streamblur.values import StreamInfo

LONG = 900.0
"""Seconds of recording from which it pays: a shorter one has at most 5 MB of that table."""


def wanted(info: StreamInfo, format_name: str) -> bool:
    """Whether packets of this recording should wait."""
    return format_name in ("mp4", "mov") and info.duration is not None and info.duration >= LONG


class Spool:
    """Packets in the order in which they came, in a ``PartialFile`` of ``place``. Raises what writing raises."""

    def __init__(self, place: Path, track: PictureTrack) -> None:
        self._track, self._partial = track, PartialFile(place, force=False)

    def put(self, packets: Iterable[Packet[VideoStream]]) -> None:
        """Append packets."""
        for packet in packets:
            _records.write(self._partial.file, packet)

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """All of them, ready to be written."""
        self._partial.file.seek(0)
        yield from _records.read(self._partial.file, self._track)

    def vanish(self) -> None:
        """Leave nothing behind. Never raises."""
        self._partial.vanish()
