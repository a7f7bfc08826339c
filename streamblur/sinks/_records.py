"""Packets of a picture track in a file of our own, read where it was asked for, by the run that asked, by nobody else.

For each packet: its times in the encoder's ticks, whether it is a key frame, its length, and its bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from av.packet import Packet
from av.video.stream import VideoStream

from streamblur.sinks._picture import PictureTrack

_PACKET = struct.Struct("<qqq?I")


def write(file: IO[bytes], packet: Packet[VideoStream]) -> None:
    """Append a packet whose times are known."""
    data = bytes(packet)
    head = _PACKET.pack(packet.pts, packet.dts, packet.duration or 0, packet.is_keyframe, len(data))
    file.write(head + data)


def read(file: IO[bytes], track: PictureTrack) -> Iterator[Packet[VideoStream]]:
    """The packets from here on, ready to be written to ``track``."""
    while head := file.read(_PACKET.size):
        pts, dts, duration, key, size = _PACKET.unpack(head)
        yield track.packet(file.read(size), pts, dts, duration, key)
