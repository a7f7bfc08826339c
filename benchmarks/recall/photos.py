"""How many faces a detector finds on the measuring photos, and from what size on.

usage: photos.py [DETECTOR[:MODEL] ...] [--media FOLDER] [--score S]

Prints, per detector, recall by the face's shorter side (pixels of the analysis picture), false boxes per photo with
faces and per photo without, CPU-ms per photo, and a ladder: scikit-image's astronaut at falling sizes at nine places
of a 1920 x 1080 picture. A face is found when its middle lies in a box of half to 2.2 times its size (the photos'
human labels end at the eyebrows). Detections below ``--score`` are left out (0.5: those that stand alone).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from streamblur.geometry import clipped, containment, scaled
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
FACE = Box(172, 62, 272, 190)  # the astronaut's face, looked at by eye
BINS = ((24, 32), (32, 64), (64, 128), (128, 9999))
LADDER = (12, 16, 20, 24, 32, 48, 64, 128, 256, 400)


def cpu_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return 1e3 * (used.ru_utime + used.ru_stime)


def made(name: str) -> Detector:
    detector, _, model = name.partition(":")
    settings = Settings(detector=detector, model=model or "both", min_face=8)
    built: Detector = import_module(f"streamblur.detectors.{detector}").build(settings)
    return built


def found(truth: Box, seen: Sequence[Detection]) -> list[Detection]:
    x, y = truth.center
    return [
        d
        for d in seen
        if d.box.left < x < d.box.right
        and d.box.top < y < d.box.bottom
        and 0.5 <= math.sqrt(d.box.area / truth.area) <= 2.2
    ]


def photo(path: Path) -> tuple[Image, float]:
    """The photo as the engine would show it to a detector, and how much it was shrunk."""
    image = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)  # type: ignore[arg-type]
    shrink = min(1.0, Settings().analysis_size / max(image.shape))
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else image
    return np.ascontiguousarray(small, np.uint8), shrink


def boxes(rows: Sequence[Sequence[float]], shrink: float) -> list[Box]:
    return [scaled(Box(x, y, x + w, y + h), shrink, shrink) for x, y, w, h in rows]


def photos(detector: Detector, media: Path, score: float) -> str:
    truths = json.loads((media / "photos.json").read_text())
    there: Counter[int] = Counter()
    hits: Counter[int] = Counter()
    false: Counter[bool] = Counter()
    pictures: Counter[bool] = Counter()
    spent = 0.0
    for name, known in truths.items():
        image, shrink = photo(media / "photos" / name)
        before = cpu_ms()
        seen = [d for d in detector.detect(image) if d.score >= score]
        spent += cpu_ms() - before
        faces, ignored = boxes(known["boxes"], shrink), boxes(known["ignore"], shrink)
        for face in faces:
            size = min(face.width, face.height)
            low = next((low for low, high in BINS if low <= size < high), 0)
            there[low] += 1
            hits[low] += bool(found(face, seen))
        pictures[bool(faces)] += 1
        false[bool(faces)] += sum(all(containment(d.box, b) < 0.4 for b in (*faces, *ignored)) for d in seen)
    recall = "  ".join(f"{low}+ px {hits[low]}/{there[low]}" for low, _ in BINS if there[low])
    return (
        f"{recall}  false boxes {false[True] / pictures[True]:.2f} per photo, {false[False]} on the "
        f"{pictures[False]} without faces  {spent / len(truths):.0f} CPU-ms per photo"
    )


def rung(size: int, place: int) -> tuple[Image, Box]:
    """The astronaut with a face ``size`` px wide in a 1920 x 1080 picture, as shown at 1280 x 720; the face there."""
    scale = size / FACE.width
    row, column = divmod(place, 3)
    middle = (0.16 + 0.34 * column) * 1920, (0.2 + 0.3 * row) * 1080
    x, y = FACE.center
    placed = np.array([[scale, 0, middle[0] - x * scale], [0, scale, middle[1] - y * scale]])
    source = astronaut()  # type: ignore[no-untyped-call]
    source = cv2.GaussianBlur(source, (0, 0), 0.5 / scale) if scale < 0.7 else source
    back = np.full((1080, 1920, 3), (96, 110, 104), np.uint8)
    image = cv2.warpAffine(source, placed, (1920, 1080), dst=back, borderMode=cv2.BORDER_TRANSPARENT)
    face = Box(*middle, *middle)
    half = size / 2, size / 2 * FACE.height / FACE.width
    face = Box(face.left - half[0], face.top - half[1], face.right + half[0], face.bottom + half[1])
    shown = cv2.resize(image, (1280, 720), interpolation=cv2.INTER_AREA)
    inside = clipped(scaled(face, 2 / 3, 2 / 3), 1280, 720)
    assert inside is not None
    return np.ascontiguousarray(shown, np.uint8), inside


def ladder(detector: Detector, score: float) -> str:
    """Found at nine places on one look and on either of two."""
    steps = []
    for size in LADDER:
        one = two = 0
        for place in range(9):
            image, face = rung(size, place)
            looks = [bool(found(face, [d for d in detector.detect(image) if d.score >= score])) for _ in range(2)]
            one, two = one + looks[0], two + any(looks)
        steps.append(f"{size} px {one}/9 ({two}/9)")
    return "  ".join(steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "detectors", nargs="*", default=["mediapipe:short", "mediapipe:full", "mediapipe:both", "yunet"]
    )
    parser.add_argument("--media", type=Path, default=MEDIA)
    parser.add_argument("--score", type=float, default=0.5)
    options = parser.parse_args()
    for name in options.detectors:
        detector = made(name)
        if (options.media / "photos.json").is_file():
            print(f"{name:16} {photos(detector, options.media, options.score)}", flush=True)
        print(f"{name:16} ladder, one look (two): {ladder(detector, options.score)}", flush=True)
        detector.close()


if __name__ == "__main__":
    main()
