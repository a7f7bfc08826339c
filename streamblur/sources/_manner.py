"""How a picture file was written, so that it can be written the same way again; and what it holds besides pixels."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any, BinaryIO

from PIL import Image, JpegImagePlugin

from streamblur.sources._photo import BROKEN
from streamblur.values import Written

_QUALITY = {"WEBP": 95, "AVIF": 95, "HEIF": 90}
"""Of formats that do not tell with what quality they were written: not visibly another."""
EIGHT = "its colours now have 8 bits"
_SLIDE = 500
"""Milliseconds from which the first frame of an animation, and so all of them, are taken for slides."""
_HOLD_DENSITY = frozenset(["JPEG", "PNG", "TIFF"])
_DENSEST = 65535
"""Pixels per inch: the most that a JPEG can say."""
_SAFE_TIFF = frozenset(["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "group4"])
_BESIDES = {"exif": "EXIF", "xmp": "XMP", "comment": "comment", "photoshop": "IPTC"}
_DATE = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
_ORIENTATION, _DATE_TAKEN, _DATE_CHANGED, _EXIF = 0x0112, 0x9003, 0x0132, 0x8769


def written(image: Image.Image, file: BinaryIO, turned: bool, several: bool) -> Written:
    """How the picture was written: ``turned`` says that it will be written with its sides swapped."""
    name = "JPEG" if image.format == "MPO" else image.format or ""
    animated = several and name != "TIFF"
    told: dict[str, Any] = {}
    if name == "JPEG":
        told = _jpeg(image, turned)
    elif name == "WEBP":
        told = {"lossless": True, "exact": True} if _lossless(file) else {"quality": _QUALITY[name]}
    elif name == "TIFF":
        old = image.info.get("compression", "raw")
        told = {"compression": old if old in _SAFE_TIFF else "tiff_adobe_deflate"}
    elif name in ("AVIF", "HEIF"):
        told = {"quality": _QUALITY[name]}
    if name in _HOLD_DENSITY:
        told |= _density(image, turned)
    if animated and "loop" in image.info:
        told["loop"] = image.info["loop"]
    slides = animated and image.info.get("duration", 0) >= _SLIDE
    return Written(name, told, not animated, slides)


def _jpeg(image: Image.Image, turned: bool) -> dict[str, Any]:
    tables = list(getattr(image, "quantization", {}).values())
    sampling = JpegImagePlugin.get_sampling(image)
    if turned:
        tables = [[table[8 * x + y] for y in range(8) for x in range(8)] for table in tables]
        sampling = 0 if sampling == 1 else sampling  # halved across becomes halved down, which Pillow cannot write
    told = {"subsampling": max(0, sampling), "progressive": bool(image.info.get("progressive"))}
    if image.mode == "RGB" and image.info.get("adobe_transform") == 0:
        told["keep_rgb"] = True
    return {**told, "qtables": tables * 2 if len(tables) == 1 else tables}


def _density(image: Image.Image, turned: bool) -> dict[str, Any]:
    """How large it is printed, in whole pixels per inch across and down; nothing if it does not say."""
    said = image.info.get("dpi")
    with contextlib.suppress(*BROKEN):
        across, down = (round(float(number)) for number in said or ())
        if 0 < across <= _DENSEST and 0 < down <= _DENSEST:
            return {"dpi": (down, across) if turned else (across, down)}
    return {}


def _lossless(file: BinaryIO) -> bool:
    """Whether the first picture of a WebP is: its chunks, and those in its first frame."""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        if head[:4] in (b"VP8L", b"VP8 "):
            return head[:4] == b"VP8L"
        size = int.from_bytes(head[4:], "little")
        file.seek(16 if head[:4] == b"ANMF" else size + size % 2, io.SEEK_CUR)
    return False


def exif(image: Image.Image) -> Image.Exif:
    """The EXIF data; empty when there is none that makes sense."""
    found = Image.Exif()
    with contextlib.suppress(*BROKEN):
        found.load(image.info.get("exif") or b"")
    return found


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. Pillow turns a TIFF, and libheif a HEIC, by itself."""
    said = 1 if image.format in ("TIFF", "HEIF") else exif(image).get(_ORIENTATION, 1)
    return said if isinstance(said, int) and 1 <= said <= 8 else 1


def date(image: Image.Image) -> str:
    """When the picture was taken, as EXIF has it; empty when it does not say."""
    found = image.getexif() if image.format == "TIFF" else exif(image)
    with contextlib.suppress(*BROKEN):
        for said in (found.get_ifd(_EXIF).get(_DATE_TAKEN), found.get(_DATE_CHANGED)):
            if isinstance(said, str) and _DATE.fullmatch(said):
                return said
    return ""


def besides(image: Image.Image) -> tuple[str, ...]:
    """A sentence about what the file holds and its output will not."""
    found = [name for key, name in _BESIDES.items() if image.info.get(key)]
    found += ["text"] if getattr(image, "text", None) else []
    others = getattr(image, "n_frames", 1) - 1
    if others and image.format in ("MPO", "HEIF"):
        found.append(f"{others} further picture{'s' if others > 1 else ''}")
    notes = (f"dropped: {', '.join(found)}",) if found else ()
    return (*notes, EIGHT) if image.info.get("bit_depth", 8) > 8 else notes
