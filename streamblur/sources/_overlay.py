"""Pictures that are laid over others: from a file, or a line of text."""

from __future__ import annotations

from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from streamblur.errors import SettingsError
from streamblur.sources._colour import plain
from streamblur.sources._open import readable
from streamblur.sources._photo import opened, told

LONGEST = 512
"""Pixels of a side that are kept: a face is seldom larger, and then it is enlarged."""
_TALL = 96
"""Pixels of a line of text."""
_FONTS = (
    "DejaVuSans.ttf NotoSans-Regular.ttf LiberationSans-Regular.ttf arial.ttf Arial.ttf segoeui.ttf Arial Unicode.ttf "
    "NotoSansCJK-Regular.ttc wqy-zenhei.ttc msyh.ttc YuGothM.ttc malgun.ttf PingFang.ttc"
)
"""What systems have for letters that Pillow's own font does not."""
_MOST = 80


@lru_cache(maxsize=4)
def read(place: Path, _changed: int) -> NDArray[np.uint8]:
    """The picture in a file, upright and in sRGB, as (height, width, 4), its longer side at most ``LONGEST``.

    ``_changed`` is when the file was changed. Raises InputError when it is no picture.
    """
    with ExitStack() as stack:
        image = opened(place, stack.enter_context(readable(place)), stack)
        with told(place):
            image.load()
            turned = ImageOps.exif_transpose(image) if image.format != "HEIF" else image
            shown = plain(turned, False).convert("RGBA")
            shown.thumbnail((LONGEST, LONGEST))
    return np.asarray(shown)


@lru_cache(maxsize=4)
def written(text: str) -> NDArray[np.uint8]:
    """A line of text, white with a dark edge, as (height, width, 4).

    Raises SettingsError when it is too long, empty, or no font on this machine has its letters.
    """
    line = " ".join(text.split())
    if not line or len(line) > _MOST or not line.isprintable():
        raise SettingsError(f"watermark is {len(line)} characters long: give 1 to {_MOST} printable ones, or a PNG.")
    font, edge = _font(line), _TALL // 16
    left, top, right, bottom = (round(edge_at) for edge_at in font.getbbox(line, stroke_width=edge))
    image = Image.new("RGBA", (right - left, bottom - top), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.text((-left, -top), line, (255, 255, 255, 217), font, stroke_width=edge, stroke_fill=(0, 0, 0, 150))
    return np.asarray(image)


def _font(line: str) -> ImageFont.FreeTypeFont:
    own = ImageFont.load_default(_TALL * 0.7)
    if not isinstance(own, ImageFont.FreeTypeFont):
        raise SettingsError("watermark cannot be written: this Pillow has no fonts. Give a PNG.")
    if _has(own, line):
        return own
    for name in _FONTS.replace("Arial Unicode", "Arial_Unicode").split():
        try:
            font = ImageFont.truetype(name.replace("_", " "), _TALL * 0.7)
        except OSError:
            continue
        if _has(font, line):
            return font
    raise SettingsError(f"watermark {line!r} has letters that no font found here has: give a PNG with the text.")


def _has(font: ImageFont.FreeTypeFont, line: str) -> bool:
    """Whether the font has every letter, and not the box that stands for a missing one."""
    missing = bytes(font.getmask("\uffff"))
    return all(letter.isspace() or bytes(font.getmask(letter)) != missing for letter in set(line))
