"""H.264 as .mp4 holds it: NAL units after four bytes of their length, parameter sets in an avcC."""

from __future__ import annotations

from collections.abc import Sequence

SLICE, IDR, SPS, PPS = 1, 5, 7, 8


def units(data: bytes) -> list[bytes]:
    """The NAL units of a packet."""
    found, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : end])
        at = end
    return found


def together(parts: Sequence[bytes]) -> bytes:
    """A packet of such NAL units."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def kind(unit: bytes) -> int:
    """The type of a NAL unit (ITU-T H.264, table 7-1)."""
    return unit[0] & 31


def sets(avcc: bytes) -> list[bytes]:
    """The parameter sets of an avcC (ISO/IEC 14496-15, 5.3.3.1)."""
    found, at = [], 5
    for mask in (31, 255):
        count, at = avcc[at] & mask, at + 1
        for _ in range(count):
            size, at = int.from_bytes(avcc[at : at + 2], "big"), at + 2
            found.append(avcc[at : at + size])
            at += size
    return found


def avcc(parameters: Sequence[bytes]) -> bytes:
    """An avcC that holds such parameter sets."""
    first = max((each for each in parameters if kind(each) == SPS), key=lambda each: (each[1], each[3]))
    told = bytes([1, *first[1:4], 0xFF])
    for mask, which in ((0xE0, SPS), (0, PPS)):
        those = [each for each in parameters if kind(each) == which]
        told += bytes([mask | len(those)]) + b"".join(len(each).to_bytes(2, "big") + each for each in those)
    return told + (bytes([0xFD, 0xF8, 0xF8, 0]) if first[1] >= 100 else b"")
