"""Is the file as long as its own container says? Read from the outermost lengths alone, never by guessing.

A recording cut off while copied or while the battery died often decodes without any error; only its lengths tell.
Layouts: ISO/IEC 14496-12 boxes, EBML (RFC 8794) segments, RIFF chunks, FLV tags, the ASF header, MXF partitions,
Ogg pages (RFC 3533), MPEG-TS packets, the GIF trailer. Raw and program streams do not say (0).
"""

from __future__ import annotations

import os
from typing import BinaryIO

_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp", b"pnot", b"uuid")
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11")
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_MXF = bytes.fromhex("060e2b34020501010d01020101")


def missing_bytes(file: BinaryIO) -> int:
    """How many bytes are missing at the end: 0 none or the container does not say, 1 some. Keeps the position."""
    before = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(1024)
    try:
        return max(0, _missing(file, start, size))
    finally:
        file.seek(before)


def _missing(file: BinaryIO, start: bytes, size: int) -> int:
    if start[4:8] in _BOXES:
        return _boxes(file, size)
    if start[:4] == b"\x1a\x45\xdf\xa3":
        return _segments(file, size)
    if start[:4] == b"RIFF":
        return _chunks(file, size)
    if start[:13] == _MXF:
        return _partitions(start, size)
    for mark, check in ((b"FLV", _tags), (_ASF_HEADER, _asf), (b"OggS", _pages), (b"GIF8", _trailer)):
        if start.startswith(mark):
            return check(file, size)
    return _packets(start, size)


def _boxes(file: BinaryIO, size: int) -> int:
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 0:
            return 0
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8 or not all(32 <= letter < 127 or letter == 0xA9 for letter in head[4:8]):
            return 0  # what follows the last box is not ours to judge
        at += length
    return at - size


def _segments(file: BinaryIO, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(12)
        name = _width(head[0])
        width = _width(head[name]) if name < len(head) else 9
        if name > 4 or width > 8 or len(head) < name + width:
            return 0
        length = int.from_bytes(head[name : name + width], "big") & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:
            return 0  # written live: the length was never filled in
        at += name + width + length
    return at - size


def _width(first: int) -> int:
    return 9 - first.bit_length()


def _chunks(file: BinaryIO, size: int) -> int:
    at = 0
    while at + 12 <= size:
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or length in (0, 0xFFFFFFFF):
            return 0
        at += 8 + length + length % 2
    return at - size - 1  # the last pad byte is often left out


def _partitions(start: bytes, size: int) -> int:
    """The header partition says where the footer lies (0: never closed)."""
    width = 1 + (start[16] & 127 if start[16] & 128 else 0)
    footer = int.from_bytes(start[40 + width : 48 + width], "big")
    return footer + 16 - size


def _tags(file: BinaryIO, size: int) -> int:
    """The last four bytes repeat the length of the last tag, whose first bytes must be found that far before."""
    file.seek(-4, os.SEEK_END)
    length = int.from_bytes(file.read(4), "big")
    if not 11 <= length <= size - 17:
        return 1
    file.seek(-4 - length, os.SEEK_END)
    head = file.read(4)
    return 0 if head[0] & 31 in (8, 9, 18) and int.from_bytes(head[1:], "big") == length - 11 else 1


def _asf(file: BinaryIO, size: int) -> int:
    file.seek(0)
    head = file.read(1 << 16)
    at = head.find(_ASF_FILE) + 40
    return int.from_bytes(head[at : at + 8], "little") - size if at >= 40 else 0


def _pages(file: BinaryIO, size: int) -> int:
    """The last page must be whole and say that it is the last."""
    file.seek(max(0, size - (1 << 17)))
    end = file.read()
    page = end[max(0, end.rfind(b"OggS")) :]
    count = page[26] if len(page) > 26 else 255
    whole = len(page) >= 27 + count + sum(page[27 : 27 + count])
    return 0 if whole and page[5] & 4 else 1


def _trailer(file: BinaryIO, size: int) -> int:
    file.seek(max(0, size - 1))
    return 0 if file.read(1) == b"\x3b" else 1


def _packets(start: bytes, size: int) -> int:
    """Every MPEG-TS packet is 188 bytes (192 on discs, 204 on air)."""
    for length, first in ((188, 0), (192, 4), (204, 0)):
        if len(start) > 4 * length and all(start[first + n * length] == 0x47 for n in range(5)):
            return -size % length
    return 0
