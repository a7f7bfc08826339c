"""Pixel formats: where each component lies in memory, and which format comes nearest to one that we do not know."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache

import av


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one component lies: its plane, first sample and stride in samples, and what it means.

    ``step_x`` and ``step_y`` are its subsampling (1, 2 or 4), ``bits`` the depth of a sample,
    ``shift`` the unused low bits below it (6 in p010), ``middle`` whether its neutral value is
    half scale (a colour difference) rather than a level.
    """

    name: str
    plane: int
    first: int
    stride: int
    step_x: int
    step_y: int
    bits: int
    shift: int
    middle: bool

    @property
    def full_scale(self) -> int:
        """The largest value that a sample can hold."""
        return (1 << self.bits + self.shift) - 1


_PLANAR = re.compile(r"(yuvj?|yuva)(410|411|420|422|440|444)p(9|10|12|14|16)?(le|be)?")
_GRAY = re.compile(r"gray(9|10|12|14|16)?(le|be)?")
_GBR = re.compile(r"gbra?p(9|10|12|14|16)?(le|be)?")
_SEMI = re.compile(r"(nv|p[024])(12|21|16|24|42|10|12|16)(le|be)?")
_STEPS = {"410": (4, 4), "411": (4, 1), "420": (2, 2), "422": (2, 1), "440": (1, 2), "444": (1, 1)}
_PACKED_RGB = {"rgb24": 3, "bgr24": 3, "rgba": 4, "bgra": 4, "argb": 4, "abgr": 4}
_PACKED_RGB |= {"rgb0": 4, "bgr0": 4, "0rgb": 4, "0bgr": 4}
_PACKED_YUV = {"yuyv422": (0, 1, 3), "uyvy422": (1, 0, 2), "yvyu422": (0, 3, 1)}
_NV = {"nv12": (2, 2, "uv"), "nv21": (2, 2, "vu"), "nv16": (2, 1, "uv"), "nv24": (1, 1, "uv"), "nv42": (1, 1, "vu")}
_P = {"p010": (2, 2, 10), "p012": (2, 2, 12), "p016": (2, 2, 16)}
_P |= {"p210": (2, 1, 10), "p212": (2, 1, 12), "p216": (2, 1, 16)}
_P |= {"p410": (1, 1, 10), "p412": (1, 1, 12), "p416": (1, 1, 16)}


@lru_cache(maxsize=64)
def layouts(pixel_format: str) -> tuple[Layout, ...]:
    """The components of a pixel format that carry picture (never alpha); empty when it is not native."""
    if pixel_format.endswith("be") or (sys.byteorder == "big" and pixel_format.endswith("le")):
        return ()
    for read in (_planar, _gray, _gbr, _semi, _packed_rgb, _packed_yuv):
        if found := read(pixel_format):
            return found
    return ()


def _level(name: str, plane: int, bits: int = 8, first: int = 0, stride: int = 1, shift: int = 0) -> Layout:
    return Layout(name, plane, first, stride, 1, 1, bits, shift, False)


def _planar(pixel_format: str) -> tuple[Layout, ...]:
    if not (m := _PLANAR.fullmatch(pixel_format)):
        return ()
    bits, (x, y) = int(m[3] or 8), _STEPS[m[2]]
    chroma = (Layout(n, p, 0, 1, x, y, bits, 0, True) for n, p in (("u", 1), ("v", 2)))
    return (_level("y", 0, bits), *chroma)


def _gray(pixel_format: str) -> tuple[Layout, ...]:
    return (_level("y", 0, int(m[1] or 8)),) if (m := _GRAY.fullmatch(pixel_format)) else ()


def _gbr(pixel_format: str) -> tuple[Layout, ...]:
    if not (m := _GBR.fullmatch(pixel_format)):
        return ()
    return tuple(_level(n, p, int(m[1] or 8)) for p, n in enumerate("gbr"))


def _semi(pixel_format: str) -> tuple[Layout, ...]:
    name = pixel_format.removesuffix("le")
    if name in _NV:
        x, y, order = _NV[name]
        return (_level("y", 0), *(Layout(n, 1, i, 2, x, y, 8, 0, True) for i, n in enumerate(order)))
    if name in _P:
        x, y, bits = _P[name]
        shift = 16 - bits
        chroma = (Layout(n, 1, i, 2, x, y, bits, shift, True) for i, n in enumerate("uv"))
        return (_level("y", 0, bits, shift=shift), *chroma)
    return ()


def _packed_rgb(pixel_format: str) -> tuple[Layout, ...]:
    size = _PACKED_RGB.get(pixel_format, 0)
    letters = [(i, n) for i, n in enumerate(pixel_format.removesuffix("24")) if n in "rgb"]
    return tuple(_level(n, 0, first=i, stride=size) for i, n in letters) if size else ()


def _packed_yuv(pixel_format: str) -> tuple[Layout, ...]:
    if pixel_format not in _PACKED_YUV:
        return ()
    y, u, v = _PACKED_YUV[pixel_format]
    chroma = (Layout(n, 0, i, 4, 2, 1, 8, 0, True) for n, i in (("u", u), ("v", v)))
    return (_level("y", 0, first=y, stride=2), *chroma)


def native(pixel_format: str) -> bool:
    """Whether faces can be hidden in this format as it is."""
    return bool(layouts(pixel_format))


def nearest(pixel_format: str) -> str:
    """The native format that a foreign one is converted to, once and losing as little as possible."""
    form = av.VideoFormat(pixel_format, 16, 16)
    little = re.sub("be$", "le", pixel_format)
    if little != pixel_format and native(little):
        return little
    deep = max((c.bits for c in form.components), default=8) > 8
    if form.has_palette or form.is_rgb:
        return "gbrp16le" if deep else "rgb24"
    if len(form.components) <= 2:
        return "gray16le" if deep else "gray"
    return "yuv444p16le" if deep else "yuv444p"
