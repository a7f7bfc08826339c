"""Pictures of at most 256 colours each, for animated GIF, and how often such a file repeats."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import av
from av import VideoFrame
from av.filter import Graph

_LOOPS = re.compile(rb"\x21\xff\x0bNETSCAPE2\.0\x03\x01(..)", re.DOTALL)
_HEAD = 65536
"""Bytes within which the number of repeats must be said."""


def loops(origin: Path | None) -> int:
    """How often the GIF ``origin`` repeats: 0 for ever, -1 not at all. For ever when it is no GIF."""
    head = b""
    if origin is not None:
        with origin.open("rb") as file:
            head = file.read(_HEAD)
    if not head.startswith(b"GIF8"):
        return 0
    found = _LOOPS.search(head)
    return int.from_bytes(found[1], "little") if found else -1


class Palette:
    """Gives each picture the palette that suits it best. Pictures of at most 255 colours come through unchanged."""

    def __init__(self, before: str, width: int, height: int) -> None:
        self._graph = Graph()
        has_alpha = any(c.is_alpha for c in av.VideoFormat(before, 16, 16).components)
        source = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat(before), time_base=Fraction(1, 100)
        )
        both = self._graph.add("split")
        make = self._graph.add("palettegen", f"stats_mode=single:reserve_transparent={int(has_alpha)}")
        use = self._graph.add("paletteuse", "new=1:dither=none")
        end = self._graph.add("buffersink")
        source.link_to(both)
        both.link_to(use, 0, 0)
        both.link_to(make, 1, 0)
        make.link_to(use, 0, 1)
        use.link_to(end)
        self._graph.configure()
        self._count = 0
        self.lossless = False
        self.note = "" if before == "pal8" else "every picture has its own palette of 256 colours"

    def __call__(self, picture: VideoFrame) -> VideoFrame:
        self._count += 1
        picture.pts = self._count  # the filters pair picture and palette by time; the sink gives the real one
        self._graph.push(picture)
        return self._graph.pull()  # type: ignore[return-value]
