"""What a file is, by its first bytes alone: one of the accepted kinds, or refused. Its name counts nothing."""

from __future__ import annotations

from dataclasses import dataclass

from streamblur.accepted import picture_format

HEAD = 4096
"""Bytes that are looked at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``suffix`` for the stored file, ``output`` for the result, ``mime`` of the result."""

    photo: bool
    suffix: str
    output: str
    mime: str


def _photo(suffix: str, mime: str) -> Kind:
    return Kind(True, suffix, suffix, mime)


def _video(suffix: str, output: str = "") -> Kind:
    return Kind(False, suffix, output or suffix, MIMES[output or suffix])


MIMES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".avi": "video/x-msvideo",
    ".ts": "video/mp2t",
    ".flv": "video/x-flv",
}
_PHOTOS = {
    "JPEG": _photo(".jpg", "image/jpeg"),
    "PNG": _photo(".png", "image/png"),
    "GIF": _photo(".gif", "image/gif"),
    "TIFF": _photo(".tif", "image/tiff"),
    "WEBP": _photo(".webp", "image/webp"),
    "BMP": _photo(".bmp", "image/bmp"),
    "AVIF": _photo(".avif", "image/avif"),
    "HEIF": _photo(".heic", "image/heic"),
}
_ISO = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp", b"pnot")
_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"FLV\x01", _video(".flv")),
    (b"OggS", _video(".ogv", ".mkv")),
    (b"YUV4MPEG2 ", _video(".y4m", ".mkv")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _video(".wmv", ".mp4")),
    (b"\x00\x00\x01\xba", _video(".mpg", ".mp4")),
    (b"\x00\x00\x01\xb3", _video(".mpg", ".mp4")),
    (b"\x06\x0e\x2b\x34", _video(".mxf", ".mov")),
)


def kind_of(head: bytes) -> Kind | None:
    """The kind of the file that begins with ``head``; None: not accepted."""
    if len(head) >= 16 and (name := picture_format(head[:64].ljust(64, b"\0"))):
        return _PHOTOS[name]
    if head[4:8] in _ISO:
        return _video(".mov") if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else _video(".mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _video(".webm") if b"webm" in head[:64] else _video(".mkv")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _video(".avi")
    if len(head) > 376 and all(head[at] == 0x47 for at in (0, 188, 376)):
        return _video(".ts")
    if len(head) > 388 and all(head[at] == 0x47 for at in (4, 196, 388)):
        return _video(".ts")
    return next((kind for start, kind in _STARTS if head.startswith(start)), None)
