"""Pictures and sound packed a second time in Matroska (RFC 9559, 5.1.4.1.31: zlib, bzip2, LZO), told from the header.

Refused, because a packet of a few bytes becomes megabytes before anybody can ask. mkvmerge writes such tracks when told
to (``--compression TRACK:zlib``); how many recordings are packed so was not counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

_EBML = b"\x1a\x45\xdf\xa3"
_TRACK, _KIND, _PACKING, _HOW = b"\xae", b"\x83", b"\x50\x34", b"\x42\x54"
_INSIDE = frozenset([b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", _TRACK, b"\x6d\x80", b"\x62\x40", _PACKING])
"""Gone into: what leads to how a track is packed."""
_PICTURES, _SOUND = 1, 2
_STRIPPED = 3
"""Only the same first bytes of every packet left out: harmless."""
_MOST = 100_000


def packed(file: BinaryIO) -> bool:
    """Whether a track of pictures or sound is packed. Keeps the position."""
    before = file.tell()
    try:
        file.seek(0)
        return file.read(4) == _EBML and any(_tracks(file))
    finally:
        file.seek(before)


def _tracks(file: BinaryIO) -> Iterator[bool]:
    kind, is_packed = 0, False
    for name, content in _elements(file):
        if name == _TRACK:
            yield is_packed and kind in (_PICTURES, _SOUND)
            kind, is_packed = 0, False
        elif name == _KIND:
            kind = int.from_bytes(content, "big")
        elif name == _PACKING:
            is_packed = True  # zlib, unless it says otherwise
        elif name == _HOW:
            is_packed = int.from_bytes(content, "big") != _STRIPPED
    yield is_packed and kind in (_PICTURES, _SOUND)


def _elements(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Every element in order, with the start of its content; those in ``_INSIDE`` are followed by what they hold."""
    at, size = 0, file.seek(0, os.SEEK_END)
    for _ in range(_MOST):
        file.seek(at)
        head = file.read(20)
        name = 9 - head[0].bit_length() if head else 9
        width = 9 - head[name].bit_length() if name < len(head) else 9
        if name > 4 or width > 8 or at >= size:
            return
        unknown = (1 << 7 * width) - 1
        length = int.from_bytes(head[name : name + width], "big") & unknown
        yield head[:name], head[name + width :][: min(length, 8)]
        goes_in = head[:name] in _INSIDE or length == unknown  # written live: the length was never filled in
        at += name + width + (0 if goes_in else length)
