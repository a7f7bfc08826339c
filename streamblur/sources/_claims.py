"""What an .mp4 claims to hold, counted before FFmpeg makes room for it.

A kilobyte can claim a hundred million frames, for each of which FFmpeg would set some thirty bytes aside. Read
from the boxes of ISO/IEC 14496-12 alone: sample tables (stsz, stz2, stts) and fragments (trun).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

MOST_SAMPLES = 5_000_000
"""Per track: 23 hours of 60 frames a second."""
_INSIDE = frozenset(
    [
        b"moov",
        b"trak",
        b"mdia",
        b"minf",
        b"stbl",
        b"moof",
        b"traf",
        b"edts",
        b"mvex",
        b"udta",
        b"dinf",
        b"free",
        b"hoov",
    ]
)
"""Where FFmpeg looks for them; it even finds an index in a box called free."""
_MOST_BOXES = 1_000_000


def too_many(file: BinaryIO) -> str:
    """What is claimed too much; empty when nothing is, or the file is no .mp4. Keeps the position."""
    before = file.tell()
    size = file.seek(0, os.SEEK_END)
    try:
        file.seek(4)
        is_mp4 = file.read(4) in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp", b"pnot")
        return _claimed(file, size) if is_mp4 else ""
    finally:
        file.seek(before)


def _claimed(file: BinaryIO, size: int) -> str:
    fragments, is_sound = 0, False
    for number, (name, start) in enumerate(_boxes(file, 0, size, 0)):
        if number > _MOST_BOXES:
            return "too many boxes"
        if name == b"cmov":
            return "a packed index"
        file.seek(start)
        content = file.read(12)
        if name == b"hdlr":
            is_sound = content[8:12] == b"soun"
        if name in (b"stsz", b"stz2", b"trun"):
            count = int.from_bytes(content[4:8] if name == b"trun" else content[8:12], "big")
            fragments += count if name == b"trun" else 0
            # Plain sound counts every single value, which FFmpeg does not; each has its byte in the file.
            if max(count, fragments) > MOST_SAMPLES and not (is_sound and count <= size):
                return f"{max(count, fragments)} frames in one track"
    return ""


def _boxes(file: BinaryIO, at: int, end: int, depth: int) -> Iterator[tuple[bytes, int]]:
    """Every box, and where its content starts; those that hold others are gone into."""
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        length, name, content = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, content = int.from_bytes(head[8:16], "big"), 16
        length = length or end - at
        if length < content:
            return
        yield name, at + content
        if name in _INSIDE and depth < 8:
            yield from _boxes(file, at + content, min(end, at + length), depth + 1)
        at += length
