"""A few small pictures of what was written, one for each face, taken as the frames leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streamblur.geometry import grown
from streamblur.values import Box, Cover, Decided, SafeFrame

MOST = 120
"""Pictures in one album at most: at 4 to 6 kB each an album stays under a megabyte."""
LARGER = 1.5
"""How much larger than on its picture a face has to be for a better one."""
AROUND = 0.9
"""What of the picture is shown around a face, as a share of it."""
SIDE = 144
"""Longest side of a picture in pixels."""
Shot = Callable[[SafeFrame, Box | None, int], bytes]
"""Makes a JPEG of an area of a frame, or of all of it, that is no longer than this many pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of the output: ``track`` (None: the whole frame) at ``time`` in ticks."""

    track: int | None
    pts: int
    jpeg: bytes


class Album:
    """Takes every frame that leaves; keeps a picture of each face where it was largest, and one of a whole frame."""

    def __init__(self, shot: Shot) -> None:
        self._shot = shot
        self._best: dict[int | None, tuple[float, Picture]] = {}

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(picture for _, picture in self._best.values())

    def add(self, decided: Decided[SafeFrame]) -> None:
        """Look at one frame. What it shows is hidden already."""
        faces = [cover for cover in decided.covers if not cover.exact]
        if faces and len(faces) > self._size(None):
            self._take(decided, None, None, float(len(faces)))
        for cover in faces:
            known = cover.track in self._best
            if cover.box.area > LARGER * self._size(cover.track) and (known or len(self._best) < MOST):
                self._take(decided, cover.track, cover, cover.box.area)

    def _size(self, track: int | None) -> float:
        return self._best[track][0] if track in self._best else 0.0

    def _take(self, decided: Decided[SafeFrame], track: int | None, cover: Cover | None, size: float) -> None:
        area = grown(cover.box, AROUND) if cover is not None else None
        jpeg = self._shot(decided.frame, area, SIDE if cover is not None else 4 * SIDE)
        self._best[track] = size, Picture(track, decided.frame.pts, jpeg)
