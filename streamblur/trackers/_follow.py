"""Follow a box through recent pictures by what the picture itself shows.

Normalised cross-correlation of a patch (the face and some of what is around it) against its
neighbourhood on the next picture, frame by frame, in either direction of time. Pictures are
small luma copies, so that following costs little and nothing later done to a frame disturbs it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur.geometry import clipped, grown, moved, scaled
from streamblur.planes import luma, shown_size, turned
from streamblur.values import Box, Frame

Gray = NDArray[Any]
"""8-bit luma, shape (height, width)."""

LONGEST = 960
"""Longest side in pixels of the pictures that are kept; shrinking is by whole numbers."""
TEMPLATE = 28
"""Longest side in pixels of the patch that is compared."""
CONTEXT = 0.25
"""What is compared around the face, as a share of its size."""
REACH = 0.7
"""How far a face may move from one picture to the next, as a share of its size."""
AGREE = 0.55
"""Correlation below which the picture is taken not to show the same thing any more."""
EDGE = 0.1
"""How near the edge of the picture a box counts as at it, as a share of its size."""
FLAT = 2.0
"""Standard deviation (of 255) below which a patch shows nothing to compare."""


def shrunk(frame: Frame) -> Gray:
    """The frame's luma, upright, 8 bit, at most ``LONGEST`` pixels long."""
    component = luma(frame.picture)
    small: NDArray[Any] = component.view
    height, width = small.shape
    step = max(1, -(-max(height, width) // LONGEST))
    while step > 2 and step % 2 == 0:  # OpenCV halves twice in a fifth of the time that it takes for a quarter
        small, step = _smaller(small, 2), step // 2
    small = _smaller(small, step)
    extra = component.layout.bits + component.layout.shift - 8
    eight = (small >> extra).astype(np.uint8) if extra > 0 else small
    return np.ascontiguousarray(turned(eight, frame.orientation))


def _smaller(picture: Gray, step: int) -> Gray:
    """A copy, shrunk by a whole number."""
    height, width = picture.shape
    size = max(1, width // step), max(1, height // step)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


class Pictures:
    """The last ``count`` pictures, by frame number, and the way from the frame's pixels to theirs."""

    def __init__(self, count: int) -> None:
        self._recent: deque[Gray] = deque(maxlen=count)
        self._scale = (1.0, 1.0)
        self._size = (0, 0)
        self.last = -1

    def add(self, frame: Frame) -> None:
        picture = shrunk(frame)
        self._size = width, height = shown_size(frame.picture, frame.orientation)
        self._scale = picture.shape[1] / width, picture.shape[0] / height
        self._recent.append(picture)
        self.last += 1

    def at_edge(self, box: Box) -> bool:
        """Whether a box reaches the edge of the picture, so that it may be a part of a face only."""
        near = EDGE * min(box.width, box.height)
        width, height = self._size
        return box.left < near or box.top < near or box.right > width - near or box.bottom > height - near

    def trace(self, box: Box, start: int, stop: int) -> list[Box]:
        """One box per frame from the one after ``start`` to ``stop``, ending early where nothing agrees."""
        step = 1 if stop > start else -1
        first = self._at(start)
        if first is None:
            return []
        x, y = self._scale
        follower = _Follower(first, scaled(box, x, y))
        found: list[Box] = []
        for number in range(start + step, stop + step, step):
            picture = self._at(number)
            if picture is None or not follower.step(picture):
                break
            found.append(scaled(follower.box, 1 / x, 1 / y))
        return found

    def _at(self, number: int) -> Gray | None:
        place = number - self.last + len(self._recent) - 1
        return self._recent[place] if 0 <= place < len(self._recent) else None


class _Follower:
    def __init__(self, picture: Gray, box: Box) -> None:
        self.box = box
        self._shrink = min(1.0, TEMPLATE / max(1.0, box.width, box.height))
        self._template = self._patch(picture, grown(box, CONTEXT))
        self._flat = self._template is None or _flat(self._template[0])

    def _patch(self, picture: Gray, area: Box) -> tuple[Gray, Box] | None:
        """The area as whole pixels inside the picture, shrunk for comparing, and where it lies."""
        inside = clipped(area, picture.shape[1], picture.shape[0])
        if inside is None or inside.width < 4 or inside.height < 4:
            return None
        left, top, right, bottom = (round(v) for v in (inside.left, inside.top, inside.right, inside.bottom))
        size = max(2, round((right - left) * self._shrink)), max(2, round((bottom - top) * self._shrink))
        patch = cv2.resize(picture[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
        return patch, Box(left, top, right, bottom)

    def step(self, picture: Gray) -> bool:
        """Find the patch on the next picture; False when it is not there."""
        if self._flat or self._template is None:
            return False
        template, place = self._template
        area = self._patch(picture, grown(place, REACH))
        if area is None or area[0].shape[0] < template.shape[0] or area[0].shape[1] < template.shape[1]:
            return False
        agreement = cv2.matchTemplate(area[0], template, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(agreement)
        if not best >= AGREE:
            return False
        self._move(area[1], place, agreement, column, row)
        fresh = self._patch(picture, grown(self.box, CONTEXT))
        if fresh is not None and not _flat(fresh[0]):
            self._template = fresh
        return True

    def _move(self, area: Box, place: Box, agreement: NDArray[Any], column: int, row: int) -> None:
        x = column + _peak(agreement[row, :], column)
        y = row + _peak(agreement[:, column], row)
        dx = area.left + x / self._shrink - place.left
        dy = area.top + y / self._shrink - place.top
        self.box = moved(self.box, dx, dy)


def _flat(patch: Gray) -> bool:
    """Whether it shows nothing to compare. (OpenCV needs an eighth of the time that numpy does for so few samples.)"""
    return float(cv2.meanStdDev(patch)[1][0, 0]) < FLAT


def _peak(line: NDArray[Any], at: int) -> float:
    """Offset (-0.5 to 0.5) of the top of a parabola through the best sample and its neighbours."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, top, after = (float(v) for v in line[at - 1 : at + 2])
    bend = before - 2 * top + after
    return max(-0.5, min(0.5, 0.5 * (before - after) / bend)) if bend < 0 else 0.0
