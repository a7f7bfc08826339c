"""Opening a stranger's picture: only known formats, and only as many pixels as fit, told from its header."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from streamblur.accepted import picture_format
from streamblur.errors import InputError, MissingError

MOST_PIXELS = 100_000_000
"""Of one picture."""
MOST_MOVING = 250_000_000
"""Of all frames of an animation together: two minutes of 480 x 270, and what 2 GB can hold."""
MOST_PAGED = 2_000_000_000
"""Of all pages of a TIFF together: 200 of A4 at 300 dots an inch."""
MOST_FRAMES = 10_000
MOST_PAGES = 2_000
BROKEN = (OSError, ValueError, SyntaxError, EOFError, OverflowError, TypeError, KeyError, IndexError, struct.error)
"""What Pillow raises for a file that is not what it says."""
_RAW = frozenset([".dng", ".nef", ".cr2", ".arw", ".pef", ".srw", ".3fr", ".iiq", ".erf", ".nrw", ".sr2"])
"""Raw pictures of cameras are TIFF of which only a small preview could be read."""
_BLOCKS = {0x2C: 9, 0x21: 1}
"""GIF: an image and an extension, and the bytes before their data."""


@contextmanager
def told(place: Path) -> Iterator[None]:
    """Turn what Pillow raises while it decodes into one sentence."""
    try:
        yield
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise InputError(f"{place} cannot be read as a picture: it is damaged or cut off. Copy it again.") from error


def opened(place: Path, file: BinaryIO, stack: ExitStack) -> Image.Image:
    """The picture in ``file``, of which only the header is read. Raises InputError for one that is not accepted."""
    name = picture_format(file.read(64))
    if not name:
        raise InputError(f"{place} is no picture of a known format: give a JPEG, PNG, WebP, TIFF, BMP, GIF or HEIC.")
    if name == "TIFF" and place.suffix.lower() in _RAW:
        raise InputError(f"{place} is a camera's raw picture, which is not accepted: develop it to JPEG or TIFF first.")
    if name == "HEIF":
        _register_heif(place)
    file.seek(0)
    if name == "GIF" and (frames := _gif_frames(file)) > MOST_FRAMES:
        raise InputError(f"{place} holds more than {frames - 1} pictures, which is not accepted.")
    file.seek(0)
    with told(place), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = stack.enter_context(Image.open(file, formats=[name, "MPO"] if name == "JPEG" else [name]))
        except Image.DecompressionBombError as error:
            raise _too_large(place, "hundreds of millions of pixels") from error
        _check(place, image)
    return image


def frames(image: Image.Image) -> int:
    """How many pictures are read: all frames of an animation, all pages of a TIFF; else the first."""
    return 1 if image.format in ("MPO", "HEIF", "JPEG", "BMP") else int(getattr(image, "n_frames", 1))


def _check(place: Path, image: Image.Image) -> None:
    """Raises InputError when there are more pixels than accepted."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_large(place, f"{width}x{height} pixels")
    if image.format != "TIFF":
        if (count := frames(image)) > MOST_FRAMES or width * height * count > MOST_MOVING:
            raise _too_large(place, f"{count} pictures of {width}x{height} pixels")
        return
    total = pages = 0
    while True:
        total, pages = total + image.width * image.height, pages + 1
        if image.width * image.height > MOST_PIXELS or total > MOST_PAGED or pages > MOST_PAGES:
            raise _too_large(place, f"{pages} or more pages of up to {image.width}x{image.height} pixels")
        try:
            image.seek(pages)
        except EOFError:
            break
    image.seek(0)


def _too_large(place: Path, what: str) -> InputError:
    return InputError(f"{place} claims to hold {what}, more than accepted: scale it down first.")


def _gif_frames(file: BinaryIO) -> int:
    """How many pictures a GIF holds, counted without decoding them, and no further than is accepted."""
    head = file.read(13)
    if len(head) == 13 and head[10] & 128:
        file.seek(3 << (head[10] & 7) + 1, os.SEEK_CUR)
    count = 0
    while (mark := file.read(1)) and mark[0] in _BLOCKS and count <= MOST_FRAMES:
        before = file.read(_BLOCKS[mark[0]])
        if mark[0] == 0x2C:
            count += 1
            table = 3 << (before[8] & 7) + 1 if len(before) == 9 and before[8] & 128 else 0
            file.seek(table + 1, os.SEEK_CUR)
        while (length := file.read(1)) and length[0]:
            file.seek(length[0], os.SEEK_CUR)
    return count


def _register_heif(place: Path) -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise MissingError(f"{place} is HEIC: to read it, python3 -m pip install pillow-heif.") from error
    register_heif_opener(thumbnails=False)
