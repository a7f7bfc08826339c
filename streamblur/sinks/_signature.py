"""Taking the encoder's own signature out: x264 writes all its settings into the first picture, down to how many
processors the machine had."""

from __future__ import annotations

from typing import Any

_X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")


def unsigned(packet: Any) -> Any:
    """The packet, its x264 signature (an SEI message of user data, ITU-T H.264 D.1.6) overwritten with blanks."""
    data = bytes(packet)
    start = data.find(_X264) + len(_X264)
    if start < len(_X264):
        return packet
    end = data.find(b"\0", start)  # the text ends in one
    packet.update(data[:start] + b" " * (end - start) + data[end:])
    return packet
