"""Moving pictures whose truth is known: a real face (NASA, public domain) pasted where we say.

The face is that of Eileen Collins in scikit-image's ``data.astronaut()``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from streamblur.geometry import grown
from streamblur.values import Box, Cover, Detection, Frame

RGB = NDArray[np.uint8]
HEAD = (128, 2, 322, 222)
"""Left, top, right, bottom of the head in the astronaut picture."""
FACE = (178, 63, 268, 176)
"""The face in it, hairline to chin and ear to ear, by eye."""
RATE = 25

STAMP = 8
"""Side in pixels of one bit of the frame number that is drawn into the corner."""
BITS = 10

Path = Callable[[int], tuple[float, float, float] | None]
"""Frame number to the face's (centre x, centre y, width), or None when it is not there."""


@lru_cache(maxsize=1)
def head() -> tuple[RGB, NDArray[np.float32]]:
    """The head as a picture and its soft outline."""
    left, top, right, bottom = HEAD
    picture: RGB = cast(Any, data).astronaut()[top:bottom, left:right]
    y, x = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    outline = np.clip((1.0 - np.hypot(x, y)) * 8, 0, 1).astype(np.float32)
    return picture, outline


def astronaut(width: float, tilt: float = 0.0, mirrored: bool = False) -> tuple[RGB, NDArray[np.float32], Box]:
    """The head with a face of ``width`` pixels, its outline, and the face's box in it."""
    picture, outline = head()
    scale = width / (FACE[2] - FACE[0])
    size = max(2, round(picture.shape[1] * scale)), max(2, round(picture.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small, soft = cv2.resize(picture, size, interpolation=how), cv2.resize(outline, size, interpolation=how)
    left, top, right, bottom = (
        v * scale for v in (FACE[0] - HEAD[0], FACE[1] - HEAD[1], FACE[2] - HEAD[0], FACE[3] - HEAD[1])
    )
    if mirrored:
        small, soft, left, right = small[:, ::-1], soft[:, ::-1], size[0] - right, size[0] - left
    if tilt:
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), tilt, 1.0)
        small, soft = cv2.warpAffine(small, turn, size), cv2.warpAffine(soft, turn, size)
    return np.asarray(small, np.uint8), np.asarray(soft, np.float32), Box(left, top, right, bottom)


def paste(canvas: RGB, x: float, y: float, width: float, tilt: float = 0.0, mirrored: bool = False) -> Box:
    """Put the face with its centre at (x, y); returns its box, which may reach over the edge."""
    picture, outline, face = astronaut(width, tilt, mirrored)
    left, top = round(x - face.center[0]), round(y - face.center[1])
    rows, columns = canvas.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(columns, left + picture.shape[1]), min(rows, top + picture.shape[0])
    if x1 > x0 and y1 > y0:
        part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        soft = outline[part][..., None]
        below = canvas[y0:y1, x0:x1]
        canvas[y0:y1, x0:x1] = np.rint(below * (1 - soft) + picture[part] * soft).astype(np.uint8)
    return Box(face.left + left, face.top + top, face.right + left, face.bottom + top)


def stamp(canvas: RGB, number: int) -> None:
    """Draw the frame number into the upper left corner, as black and white squares."""
    for bit in range(BITS):
        canvas[:STAMP, bit * STAMP : (bit + 1) * STAMP] = 255 if number >> bit & 1 else 0


def stamped(image: RGB) -> int:
    """The frame number that ``stamp`` drew."""
    middle = STAMP // 2
    return sum(1 << bit for bit in range(BITS) if image[middle, bit * STAMP + middle].mean() > 127)


def wallpaper(width: int, height: int, seed: int = 0) -> RGB:
    """A room without a face: soft colour shapes and a few hard edges."""
    rng = np.random.default_rng(seed)
    soft = cv2.resize(rng.integers(60, 200, (9, 16, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    canvas = np.ascontiguousarray(soft)
    for _ in range(6):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        corner = x + int(rng.integers(20, width // 4)), y + int(rng.integers(20, height // 4))
        cv2.rectangle(canvas, (x, y), corner, [int(v) for v in rng.integers(40, 220, 3)], -1)
    return np.asarray(canvas, np.uint8)


@dataclass(frozen=True)
class Scene:
    """``paths`` are faces; ``cuts`` the frames at which the room changes; ``bar`` hides whatever passes
    behind x in [bar[0], bar[1])."""

    paths: Sequence[Path]
    frames: int = 50
    size: tuple[int, int] = (640, 360)
    cuts: Sequence[int] = ()
    bar: tuple[int, int] | None = None

    def pictures(self) -> Iterator[tuple[RGB, list[Box]]]:
        """Each frame as RGB, with the visible part of each face (at least a third of it)."""
        for number in range(self.frames):
            canvas = wallpaper(*self.size, seed=sum(number >= cut for cut in self.cuts)).copy()
            boxes = [paste(canvas, *place) for path in self.paths if (place := path(number)) is not None]
            if self.bar:
                canvas[:, self.bar[0] : self.bar[1]] = (90, 80, 70)
            stamp(canvas, number)
            yield canvas, [part for box in boxes if (part := self._visible(box)) is not None]

    def _visible(self, box: Box) -> Box | None:
        left, right = max(0.0, box.left), min(float(self.size[0]), box.right)
        top, bottom = max(0.0, box.top), min(float(self.size[1]), box.bottom)
        if self.bar and left < self.bar[1] and right > self.bar[0]:
            before, after = self.bar[0] - left, right - self.bar[1]
            left, right = (left, float(self.bar[0])) if before >= after else (float(self.bar[1]), right)
        part = Box(left, top, right, bottom)
        return part if min(part.width, part.height) > 0 and part.area >= box.area / 3 else None

    def stream(self) -> Iterator[tuple[Frame, list[Box]]]:
        for number, (canvas, boxes) in enumerate(self.pictures()):
            picture = av.VideoFrame.from_ndarray(canvas, format="rgb24").reformat(format="yuv420p")
            yield Frame(picture, number, Fraction(1, RATE)), boxes


def sway(x: float, y: float, width: float, reach: float, period: float = 40, phase: float = 0) -> Path:
    """To and fro sideways by ``reach`` pixels."""
    return lambda n: (x + reach * math.sin(2 * math.pi * (n + phase) / period), y, width)


def walk(
    start: tuple[float, float], step: tuple[float, float], width: float, first: int = 0, last: int = 10**9
) -> Path:
    """In a straight line by ``step`` pixels a frame, there from frame ``first`` to before ``last``."""
    return lambda n: (
        (start[0] + step[0] * (n - first), start[1] + step[1] * (n - first), width) if first <= n < last else None
    )


def grow(x: float, y: float, width: float, rate: float) -> Path:
    """Coming nearer: ``rate`` is the growth per frame."""
    return lambda n: (x, y, width * rate**n)


SCENES: dict[str, Scene] = {
    "moving": Scene([sway(320, 180, 70, 90)]),
    "entering": Scene([walk((-40, 180), (9, 0), 70)]),
    "leaving": Scene([walk((420, 160), (7, 0), 70)]),
    "growing": Scene([grow(320, 180, 36, 1.03)]),
    "crossing": Scene([walk((60, 170), (10, 0), 64), walk((580, 190), (-10, 0), 72)]),
    "occluded": Scene([walk((100, 180), (9, 0), 60)], bar=(300, 345)),
    "two": Scene([sway(180, 150, 60, 40), sway(470, 200, 80, 30, 30, 7)]),
    "cuts": Scene(
        [walk((150, 150), (1, 0), 70, 0, 17), walk((450, 200), (-1, 0), 60, 17, 34), sway(300, 170, 80, 20)],
        cuts=(17, 34),
    ),
    "appearing": Scene([sway(200, 180, 60, 10), walk((460, 180), (0, 0), 60, 23)]),
    "fast": Scene([walk((-30, 180), (25, 0), 60)], frames=30),
}


def under(masks: Sequence[Cover], size: tuple[int, int], margin: float) -> NDArray[np.bool_]:
    """Which pixels of a picture of this size (width, height) lie under a mask."""
    picture = np.zeros((size[1], size[0]), np.bool_)
    for mask in masks:
        box = grown(mask.box, margin)
        rows = slice(max(0, int(box.top)), max(0, round(box.bottom)))
        picture[rows, max(0, int(box.left)) : max(0, round(box.right))] = True
    return picture


class Oracle:
    """A detector that knows the truth of each frame, and misses what ``misses(frame, face)`` says."""

    def __init__(
        self, truth: Sequence[Sequence[Box]], misses: Callable[[int, int], bool] = lambda frame, face: False
    ) -> None:
        self._truth, self._misses = truth, misses
        self.looks: list[int] = []

    def detect(self, image: RGB) -> list[Detection]:
        number = stamped(image)
        self.looks.append(number)
        seen = [box for face, box in enumerate(self._truth[number]) if not self._misses(number, face)]
        return [Detection(box, 0.9, "oracle", 3) for box in seen]

    def close(self) -> None:
        pass
