"""Clips made here, whose truth is known to the pixel: the scenes of the tests, larger ones, and one without a face."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.leak.truth import Truth, parsed
from streamblur.values import Box

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.append(str(TESTS))  # the scenes exist once, there

from scenes import RATE, SCENES, Path as Way, Scene, grow, paste, sway, walk, wallpaper  # noqa: E402, I001

RGB = NDArray[np.uint8]
Pictures = Callable[[], Iterator[tuple[RGB, list[Box]]]]
HD, FULL = (1280, 720), (1920, 1080)
STILLS = ("brick", "coffee", "grass", "gravel", "horse", "hubble_deep_field", "moon", "page", "rocket", "text")
"""Pictures in scikit-image's ``data`` on which there is nobody (its coins show heads, its cameraman is one)."""


@dataclass(frozen=True)
class Made:
    """``pictures`` gives each frame with its true faces; ``cuts`` are the frames that begin a new shot."""

    pictures: Pictures
    cuts: tuple[int, ...] = ()


def gallery() -> Scene:
    """Nine people in a meeting: faces of 46 to 150 pixels, each moving a little; the layout changes half-way."""
    widths = (150, 60, 110, 46, 130, 80, 70, 100, 52)
    paths: list[Way] = []
    for shot, order in enumerate((widths, widths[4:] + widths[:4])):
        for place, width in enumerate(order):
            x, y = 320 + 640 * (place % 3), 180 + 360 * (place // 3)
            paths.append(
                _during(sway(x, y, width, 12 + width / 8, 30 + 5 * place, 3 * place), 30 * shot, 30 * shot + 30)
            )
    return Scene(paths, frames=60, size=FULL, cuts=(30,))


def _during(path: Way, first: int, last: int) -> Way:
    return lambda n: path(n) if first <= n < last else None


def _zoom() -> Scene:
    return Scene([grow(640, 360, 30, 1.034)], frames=60, size=HD)


def _cuts() -> Scene:
    places = [(200, 200, 60), (900, 400, 110), (500, 500, 40), (1000, 250, 160), (350, 350, 80)]
    paths = [walk((x, y), (2, 0), width, 12 * k, 12 * k + 12) for k, (x, y, width) in enumerate(places)]
    return Scene(paths, frames=60, size=HD, cuts=(12, 24, 36, 48))


def _late() -> Scene:
    """A small face turns up beside three that are there from the start."""
    there = [sway(500, 400, 140, 30), sway(1200, 500, 120, 20, 50), sway(900, 800, 90, 40, 35)]
    return Scene([*there, walk((1650, 300), (-2, 0), 28, 23), walk((200, 900), (3, -1), 34, 37)], frames=60, size=FULL)


def turning() -> Iterator[tuple[RGB, list[Box]]]:
    """A head that swings to both sides within half a second, and one that is mirrored every few frames."""
    background = wallpaper(*HD, seed=3)
    for number in range(60):
        canvas = background.copy()
        tilt = 40 * math.sin(2 * math.pi * number / 16)
        first = paste(canvas, 400 + 60 * math.sin(number / 6), 360, 110, tilt)
        second = paste(canvas, 900, 340 + 3 * number, 64, mirrored=number // 7 % 2 == 1)
        yield canvas, [first, second]


def faceless() -> Iterator[tuple[RGB, list[Box]]]:
    """Photographs and textures without a face, each slowly panned and zoomed."""
    from skimage import data

    for name in STILLS:
        found: Any = getattr(data, name)()
        picture = np.asarray(found * 255 if found.dtype == bool else found, np.uint8)
        picture = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3]
        for number in range(36):
            yield _panned(picture, number / 36), []


def _panned(picture: RGB, share: float) -> RGB:
    rows, columns = picture.shape[:2]
    height = int(min(rows, columns * 9 / 16) * (0.9 - 0.2 * share))
    width = height * 16 // 9
    left, top = int((columns - width) * share), int((rows - height) * share)
    part = np.ascontiguousarray(picture[top : top + height, left : left + width])
    return np.asarray(cv2.resize(part, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)


LARGE: dict[str, Scene] = {
    "gallery_9": gallery(),
    "zoom": _zoom(),
    "crossing_hd": Scene([walk((100, 350), (18, 0), 100), walk((1180, 380), (-18, 0), 120)], frames=60, size=HD),
    "occluded_hd": Scene([walk((200, 360), (16, 1), 90)], frames=60, size=HD, bar=(600, 690)),
    "cuts_hd": _cuts(),
    "entering_hd": Scene([walk((-60, 300), (20, 0), 100), walk((1320, 500), (-14, 0), 40, 11)], frames=60, size=HD),
    "late_small": _late(),
}
MADE: dict[str, Made] = {name: Made(scene.pictures, tuple(scene.cuts)) for name, scene in (SCENES | LARGE).items()}
MADE |= {"turning": Made(turning), "no_face_stills": Made(faceless, tuple(range(36, 36 * len(STILLS), 36)))}


def made(name: str, folder: Path) -> tuple[Path, Truth]:
    """The clip and its truth; written to ``folder`` unless it is already there."""
    code = Path(__file__).read_bytes() + (TESTS / "scenes.py").read_bytes()
    place = folder / hashlib.sha256(code).hexdigest()[:12] / f"{name}.mp4"
    note = place.with_suffix(".json")
    if not (place.exists() and note.exists()):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
            boxes = list(_write(Path(scratch) / place.name, MADE[name].pictures()))
            frames = {number: [[b.left, b.top, b.width, b.height] for b in faces] for number, faces in enumerate(boxes)}
            (Path(scratch) / note.name).write_text(json.dumps({"frames": frames, "cuts": MADE[name].cuts}))
            os.replace(Path(scratch) / place.name, place)
            os.replace(Path(scratch) / note.name, note)
    return place, parsed(json.loads(note.read_text()))


def _write(place: Path, pictures: Iterator[tuple[RGB, list[Box]]]) -> Iterator[list[Box]]:
    """Encode at high quality; gives the faces of each frame."""
    with av.open(place, "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "14", "preset": "veryfast"})
        stream.pix_fmt = "yuv420p"
        for canvas, faces in pictures:
            if not stream.codec_context.is_open:
                stream.height, stream.width = canvas.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(canvas, format="rgb24")))
            yield faces
        container.mux(stream.encode(None))
