"""What a file is, by its name and its first bytes: photo, recording, or neither."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from streamblur.accepted import picture_at, picture_format

HEAD = 512
"""Bytes that tell what a file is."""
# fmt: off
_PICTURES = frozenset(
    [
        ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif",
        ".heic", ".heif", ".hif", ".avif",
    ]
)
_WRITTEN = frozenset([".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv"])
"""Suffixes of recordings that can be written; the others become .mkv, which holds nearly every sound."""
_READ = frozenset(
    [
        ".mts", ".m2ts", ".m2t", ".mpg", ".mpeg", ".mpe", ".vob", ".wmv", ".asf", ".3gp", ".3g2", ".ogv", ".ogg",
        ".mxf", ".dv", ".qt", ".mj2", ".y4m", ".h264", ".hevc",
    ]
)
# fmt: on
_NEAREST = {".mts": ".ts", ".m2ts": ".ts", ".m2t": ".ts", ".3gp": ".mp4", ".3g2": ".mp4", ".qt": ".mov"}
_MP4 = frozenset([b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot"])
_STARTS = (
    (b"FLV\x01", ".flv"),
    (b"OggS", ".mkv"),
    (b"YUV4MPEG2 ", ".mkv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ".mkv"),
    (b"\x06\x0e\x2b\x34", ".mkv"),
    (b"\x00\x00\x01\xba", ".mkv"),
    (b"\x00\x00\x01\xb3", ".mkv"),
)
_SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tif", "HEIF": ".heic"}


def suffix_told(head: bytes) -> str:
    """The suffix for a file that begins with these (up to ``HEAD``) bytes; empty when it is no known medium."""
    if name := picture_format(head[:64]):
        return _SUFFIXES.get(name, f".{name.lower()}")
    if head[4:8] in _MP4:
        return ".mov" if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else ".mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return ".webm" if b"webm" in head[:64] else ".mkv"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return ".avi"
    if any(len(head) > 2 * step and head[first] == head[first + step] == 0x47 for step, first in ((188, 0), (192, 4))):
        return ".ts"
    return next((suffix for start, suffix in _STARTS if head.startswith(start)), "")


def is_media(place: Path) -> bool:
    """Whether the file is a photo or a recording, by its suffix (it may be broken) or by what it holds."""
    return place.suffix.lower() in _PICTURES | _WRITTEN | _READ or bool(suffix_told(head_of(place)))


def head_of(place: Path) -> bytes:
    """The first bytes of a plain file; empty when it cannot be read."""
    with suppress(OSError, ValueError):
        if place.is_file():
            with place.open("rb") as file:
                return file.read(HEAD)
    return b""


def written_as(place: Path) -> str:
    """The suffix of the output for this input: its own, but for recordings of a kind that cannot be written."""
    suffix = place.suffix.lower()
    if suffix in _PICTURES | _WRITTEN or picture_at(place):
        return place.suffix
    return _NEAREST.get(suffix, ".mkv") if is_media(place) else place.suffix
