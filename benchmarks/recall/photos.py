"""How many faces a detector finds on the measuring photos.

usage: python3 -m benchmarks.recall.photos [DETECTOR[:MODEL] ...] [--media FOLDER] [--score S]

Prints, per detector, recall by the face's shorter side (pixels of the analysis picture), false boxes per photo with
faces and on those without, and CPU-ms per megapixel of the photos of half a megapixel and more. A face is found when
its middle lies in a box of half to 2.2 times its size (the photos' human labels end at the eyebrows). Detections below
``--score`` are left out (0.5: those that stand alone).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from streamblur.geometry import containment, scaled
from streamblur.ports import Detector, Image
from streamblur.rooms import detector_for
from streamblur.settings import Settings
from streamblur.values import Box, Detection

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
BINS = ((24, 32), (32, 64), (64, 128), (128, 9999))
LARGE = 5e5
"""Pixels from which a photo's cost is counted."""


@dataclass(slots=True)
class Tally:
    """Faces there and found by the lower end of their bin, false boxes, CPU-ms, pixels."""

    there: Counter[int] = field(default_factory=Counter)
    hits: Counter[int] = field(default_factory=Counter)
    false: Counter[bool] = field(default_factory=Counter)
    pictures: Counter[bool] = field(default_factory=Counter)
    spent: float = 0.0
    pixels: int = 0

    def told(self) -> str:
        recall = "  ".join(f"{low}+ px {self.hits[low]}/{self.there[low]}" for low, _ in BINS if self.there[low])
        false = self.false[True] / max(1, self.pictures[True])
        cost = 1e6 * self.spent / max(1, self.pixels)
        without = f"{self.false[False]} on the {self.pictures[False]} without faces"
        return f"{recall}  false boxes {false:.2f} per photo, {without}  {cost:.0f} CPU-ms per MP"


def cpu_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return 1e3 * (used.ru_utime + used.ru_stime)


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
    shrink = min(1.0, Settings().for_stills().analysis / max(image.shape))
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else image
    return np.ascontiguousarray(small, np.uint8), shrink


def boxes(rows: Sequence[Sequence[float]], shrink: float) -> list[Box]:
    return [scaled(Box(x, y, x + w, y + h), shrink, shrink) for x, y, w, h in rows]


def looked(detector: Detector, image: Image, tally: Tally) -> Sequence[Detection]:
    before = cpu_ms()
    seen = detector.detect(image)
    if image.shape[0] * image.shape[1] >= LARGE:
        tally.spent += cpu_ms() - before
        tally.pixels += image.shape[0] * image.shape[1]
    return seen


def photos(detector: Detector, media: Path, score: float) -> Tally:
    tally = Tally()
    for name, known in json.loads((media / "photos.json").read_text()).items():
        image, shrink = photo(media / "photos" / name)
        seen = [d for d in looked(detector, image, tally) if d.score >= score]
        faces, ignored = boxes(known["boxes"], shrink), boxes(known["ignore"], shrink)
        for face in faces:
            size = min(face.width, face.height)
            low = next((low for low, high in BINS if low <= size < high), 0)
            tally.there[low] += 1
            tally.hits[low] += bool(found(face, seen))
        tally.pictures[bool(faces)] += 1
        tally.false[bool(faces)] += sum(all(containment(d.box, b) < 0.4 for b in (*faces, *ignored)) for d in seen)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detectors", nargs="*", default=["auto", "mediapipe", "mediapipe:full", "yunet"])
    parser.add_argument("--media", type=Path, default=MEDIA)
    parser.add_argument("--score", type=float, default=0.5)
    options = parser.parse_args()
    for name in options.detectors:
        detector, _, model = name.partition(":")
        with closing(detector_for(Settings(detector=detector, model=model or "both").for_stills())) as made:
            print(f"{name:16} {photos(made, options.media, options.score).told()}", flush=True)


if __name__ == "__main__":
    main()
