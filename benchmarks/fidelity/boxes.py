"""What an .mp4 or .mov may hold, box by box (ISO/IEC 14496-12): every box named here, and nothing in it but numbers."""

from __future__ import annotations

from collections.abc import Iterator

_HOLDERS = "moov trak mdia minf dinf stbl edts udta gmhd mvex moof traf mfra"
_HEADS = "ftyp free wide mdat moov mvhd trak tkhd edts elst mdia mdhd hdlr minf vmhd smhd dinf dref gmhd"
_TABLES = "stbl stsd stts ctts stsc stsz stco co64 stss sgpd sbgp sdtp stsb cslg"
_DECODING = (
    "avc1 avcC hvc1 hev1 hvcC av01 av1C vp09 vpcC mp4a mp4v esds ac-3 dac3 ec-3 dec3 Opus dOps fLaC dfLa "
    "sowt lpcm chan wave frma apch apcn ap4h apco apcs colr pasp fiel mdcv clli btrt glbl damr alac jpeg"
)
_INSIDE = frozenset(_HOLDERS.split())
ALLOWED = frozenset([*_HEADS.split(), *_TABLES.split(), *_DECODING.split(), "url "])
HANDLERS = frozenset([b"VideoHandler", b"SoundHandler", b"DataHandler", b"\x0cVideoHandler", b"\x0cSoundHandler", b""])
HANDLERS |= {b"\x0bDataHandler"}
_FILMS = "avc1 hvc1 hev1 av01 vp09 mp4v apch apcn ap4h apco apcs jpeg"
_PICTURES = frozenset(_FILMS.split())
_EMPTY = bytes.fromhex("00000000 00000021 68646c72 00000000 00000000 6d646972 6170706c") + bytes(9)
_EMPTY += bytes.fromhex("00000008 696c7374")  # what FFmpeg always writes: a list of tags, with none in it


def walk(data: bytes, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Every box: its path and content, those of tracks' sample descriptions too."""
    at = 0
    while at + 8 <= len(data):
        length, head = int.from_bytes(data[at : at + 4], "big"), 8
        name = data[at + 4 : at + 8].decode("latin-1")
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        length = length or len(data) - at
        if length < head:
            yield f"{path}/broken", data[at:]
            return
        content = data[at + head : at + length]
        yield f"{path}/{name}", content
        if name in _INSIDE:
            yield from walk(content, f"{path}/{name}")
        if name == "stsd":
            yield from walk(content[8:], f"{path}/{name}")
        if path.endswith("/stsd"):
            yield from walk(content[_entry_head(name, content) :], f"{path}/{name}")
        at += length


def _entry_head(name: str, content: bytes) -> int:
    """Bytes before the boxes of a sample description; sound in .mov has longer ones."""
    if name in _PICTURES:
        return 78
    return {1: 44, 2: 64}.get(int.from_bytes(content[8:10], "big"), 28)


def strangers(data: bytes) -> list[str]:
    """Whatever is not on the list: boxes, creation times, handler and compressor names, bytes after the last box."""
    found = []
    for path, content in walk(data):
        name = path.rsplit("/", 1)[1]
        if (name == "udta" and content[8:] == _EMPTY) or (name == "meta" and content == _EMPTY):
            continue
        if name not in ALLOWED:
            found.append(f"{path} {content[:40]!r}")
        if name in ("mvhd", "tkhd", "mdhd") and any(content[4 : 20 if content[:1] == b"\1" else 12]):
            found.append(f"{path} has a creation time")
        if name == "hdlr" and content[24:].rstrip(b"\0") not in HANDLERS:
            found.append(f"{path} is called {content[24:]!r}")
        if path.endswith(("/stsd/avc1", "/stsd/hvc1", "/stsd/hev1", "/stsd/av01")) and any(content[42:74]):
            found.append(f"{path} names its encoder: {content[42:74]!r}")
    return found
