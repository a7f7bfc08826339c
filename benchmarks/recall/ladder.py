"""From what size on a face is found, wherever it is and however it is turned.

usage: python3 -m benchmarks.recall.ladder [DETECTOR[:thorough] ...] [--size PX ...] [--place 0-8 ...] [--score S]
       [--under-way] [--json FILE]

Scikit-image's astronaut (NASA, public domain) in a 1920 x 1080 picture at nine places, turned in the plane of the
picture by eight angles up to 45 degrees and by 90, 180 and 270, seen as the engine would show it. A face counts as
found when one of three looks finds it with ``--score`` or more; it lies a pixel further on each. They are the first
of a shot, or with ``--under-way`` any three, of which a detector that spreads its tiles over looks sees less. The size
is the width of the upright face, ear to ear, in pixels of the 1920 x 1080 picture.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from streamblur.geometry import scaled
from streamblur.ports import Detector, Image
from streamblur.rooms import detector_for
from streamblur.settings import Settings
from streamblur.values import Box, Detection

FACE = Box(172, 62, 272, 190)  # the astronaut's face, looked at by eye
HEAD = Box(112, 12, 332, 250)  # and what is pasted with it
SIZES = (12, 16, 20, 24, 32, 48, 64, 128, 256, 400)
TURNS = (-45, -33, -21, -9, 9, 21, 33, 45)
SIDEWAYS = (90, 180, 270)
LOOKS = 3


@dataclass(frozen=True, slots=True)
class Rung:
    """One face: ``size`` in pixels, ``place`` 0 to 8, ``degrees`` counter-clockwise, ``shift`` in pixels."""

    size: int
    place: int
    degrees: int
    shift: int = 0

    @property
    def center(self) -> tuple[float, float]:
        row, column = divmod(self.place, 3)
        return (0.18 + 0.32 * column) * 1920 + self.shift, (0.25 + 0.25 * row) * 1080 + self.shift


def picture(rung: Rung, longest: int) -> tuple[Image, Box]:
    """The rung as shown to a detector with ``longest`` pixels on the long side, and the face there."""
    scale, source, head = rung.size / FACE.width, astronaut(), np.zeros((512, 512), np.uint8)  # type: ignore[no-untyped-call]
    head[int(HEAD.top) : int(HEAD.bottom), int(HEAD.left) : int(HEAD.right)] = 255
    placed = cv2.getRotationMatrix2D(FACE.center, rung.degrees, scale)
    placed[:, 2] += np.subtract(rung.center, FACE.center)
    if scale < 0.7:
        source = cv2.GaussianBlur(source, (0, 0), 0.5 / scale)
    image = np.full((1080, 1920, 3), (96, 110, 104), np.uint8)
    inside = cv2.warpAffine(head, placed, (1920, 1080)) > 127
    image[inside] = cv2.warpAffine(source, placed, (1920, 1080))[inside]
    shrink = min(1.0, longest / 1920)
    shown = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else image
    return np.ascontiguousarray(shown, np.uint8), scaled(_face(rung, scale), shrink, shrink)


def _face(rung: Rung, scale: float) -> Box:
    """The box around the face's ellipse, turned with it."""
    turn, (x, y) = math.radians(rung.degrees), rung.center
    wide, high = FACE.width / 2 * scale, FACE.height / 2 * scale
    across = math.hypot(wide * math.cos(turn), high * math.sin(turn))
    down = math.hypot(wide * math.sin(turn), high * math.cos(turn))
    return Box(x - across, y - down, x + across, y + down)


def hit(seen: Sequence[Detection], face: Box, score: float) -> bool:
    """Whether a box of half to twice the face's size lies over its middle."""
    x, y = face.center
    return any(
        d.score >= score
        and d.box.left < x < d.box.right
        and d.box.top < y < d.box.bottom
        and 0.5 <= math.sqrt(d.box.area / face.area) <= 2
        for d in seen
    )


def climbed(detector: Detector, longest: int, rung: Rung, score: float) -> list[bool]:
    """Whether each of three looks finds it."""
    looks = (picture(replace(rung, shift=look), longest) for look in range(LOOKS))
    return [hit(detector.detect(image), face, score) for image, face in looks]


def ladder(
    name: str, sizes: Sequence[int], places: Sequence[int], score: float, under_way: bool
) -> dict[int, dict[str, float]]:
    """Per size: share found within three looks upright (up to 45 degrees) and sideways, and per single look."""
    detector, _, thorough = name.partition(":")
    settings = Settings(detector=detector, thorough=bool(thorough))
    table = {}
    for size in sizes:
        with closing(detector_for(settings)) as made:
            rows: dict[bool, list[list[bool]]] = {False: [], True: []}
            for degrees in (*TURNS, *SIDEWAYS):
                for place in places:
                    if not under_way and (forget := getattr(made, "forget", None)) is not None:
                        forget()
                    looks = climbed(made, settings.analysis, Rung(size, place, degrees), score)
                    rows[degrees in SIDEWAYS].append(looks)
        every = [*rows[False], *rows[True]]
        table[size] = {
            "upright": float(np.mean([any(r) for r in rows[False]])),
            "sideways": float(np.mean([any(r) for r in rows[True]])),
            "all": float(np.mean([any(r) for r in every])),
            "one look": float(np.mean(every)),
        }
        print(name, size, "px", {key: round(share, 3) for key, share in table[size].items()}, flush=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detectors", nargs="*", default=["auto", "auto:thorough", "mediapipe"])
    parser.add_argument("--size", type=int, nargs="+", default=SIZES)
    parser.add_argument("--place", type=int, nargs="+", default=range(9))
    parser.add_argument("--score", type=float, default=0.5)
    parser.add_argument("--under-way", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tables = {
        name: ladder(name, options.size, options.place, options.score, options.under_way) for name in options.detectors
    }
    if options.json is not None:
        options.json.write_text(json.dumps(tables, indent=1))


if __name__ == "__main__":
    main()
