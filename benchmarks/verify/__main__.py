"""``python -m benchmarks.verify``: plants exposures in real recordings, and counts which ones verifying finds."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.leak.bounds import Share
from benchmarks.leak.clips import Clip, clip
from benchmarks.leak.exposure import exposed
from benchmarks.leak.pairs import pairs
from benchmarks.verify.planted import KINDS, Planted, planted
from streamblur import Settings, compose
from streamblur.faces import Faces, file
from streamblur.findings import Finding, Verified
from streamblur.geometry import grown, overlap
from streamblur.values import Box
from streamblur.verify import looked
from streamblur.verify._joining import Sight, findings

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
CLIPS = [
    "gallery_3x3_1080p",
    "gallery_5x5_1080p",
    "street_walk_4_people",
    "intel_classroom",
    "talk_700x700",
    "webcam_talk_400x300",
    "intel_head-pose-face-detection-female-and-male",
    "foreman_cif",
    "portrait_608x1080",
    "gesture_720p",
    "intel_face-demographics-walking",
    "intel_face-demographics-walking-and-pause",
    "nasa_13013",
    "no_face_bottles",
    "webcam_720p",
    "intel_store-aisle-detection",
    "intel_head-pose-face-detection-male",
    "intel_head-pose-face-detection-female",
    "fisheye_2560x1920",
]
MODES = ("original and faces", "original", "faces", "output alone")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify")
    parser.add_argument("clips", nargs="*", default=CLIPS)
    parser.add_argument("--media", type=Path, default=MEDIA)
    parser.add_argument("--work", type=Path, default=Path("/tmp/proof/verify"))
    parser.add_argument("--modes", nargs="*", default=MODES)
    parser.add_argument("--style", default="blur")
    parser.add_argument("-o", "--output", type=Path, help="what was measured, as JSON")
    options = parser.parse_args()
    rows = [row for name in options.clips for row in _clip(clip(name, options.media, options.work), options)]
    if options.output is not None:
        options.output.write_text(json.dumps(rows, indent=1, default=str))
    _tell(rows, options.modes)


def _clip(one: Clip, options: Any) -> Iterator[dict[str, Any]]:
    settings = Settings(preset="veryfast", force=True, style=options.style)
    options.work.mkdir(parents=True, exist_ok=True)
    clean, open_ = (options.work / f"{one.name}.{options.style}.{kind}.mp4" for kind in ("clean", "open"))
    faces = _faces(one, settings, options.work)
    began = time.process_time()
    compose.run(settings, one.place, clean)
    run = time.process_time() - began
    holed, made = planted(faces, one.truth.boxes, seed=len(one.name))
    compose.run(settings, one.place, open_, faces=holed)
    made = [each for each, sure in zip(made, _sure(one, open_, made), strict=True) if sure]
    seen = {"clean": _exposed(one, clean), "open": _exposed(one, open_)}
    for mode in options.modes:
        row: dict[str, Any] = {"clip": one.name, "mode": mode, "run": run, "seconds": _seconds(faces)}
        for name, output, planned in (("clean", clean, []), ("open", open_, made)):
            # the faces file is what the run *believed*: it does not know of the holes
            original = one.place if "original" in mode else None
            sights, known, told = looked(output, original, faces if "faces" in mode else None, settings)
            found = replace(told, findings=findings(sights, known, told.by_content))
            met = [_met(sights, each, told.by_content) for each in planned]
            row[name] = _scored(found, list(zip(planned, met, strict=True)), one, seen[name])
            print(one.name, mode, name, row[name], round(found.cpu / run, 2), file=sys.stderr, flush=True)
        yield row


def _faces(one: Clip, settings: Settings, work: Path) -> Faces:
    place = work / f"{one.name}.faces.json"
    if not place.exists():
        file.write(compose.detect(settings, one.place), place)
    return file.read(place)


def _seconds(faces: Faces) -> float:
    return faces.seconds(len(faces.times) - 1)


def _sure(one: Clip, output: Path, made: list[Planted]) -> list[bool]:
    """Which of the planted exposures can really be seen, on every one of their frames."""
    seen = [True] * len(made)
    for number, pair in enumerate(pairs(one.place, output)):
        for index, each in enumerate(made):
            if number in each.frames and pair.output is not None:
                box = each.boxes[each.frames.index(number)]
                seen[index] = seen[index] and bool(exposed(pair.original, pair.output, box))
    return seen


def _scored(
    found: Verified, made: list[tuple[Planted, bool]], one: Clip, open_: dict[int, list[Box]]
) -> dict[str, Any]:
    of = Counter(each.kind for each, _ in made)
    hits = Counter(each.kind for each, met in made if met)
    false = [f for f in found.findings if not _true(f, one, open_)]
    told = [(round(f.worst, 2), [round(v) for v in asdict(f.box).values()], round(f.score, 2), f.frames) for f in false]
    return {
        "found": {kind: (hits[kind], of[kind]) for kind in of},
        "missed": [(each.kind, each.frames[0], round(each.boxes[0].width)) for each, met in made if not met],
        "false": len(false),
        "told": told,
        "true": len(found.findings) - len(false),
        "cpu": found.cpu,
        "looks": found.looks,
        "frames": found.frames,
    }


def _met(sights: list[Sight], each: Planted, by_content: bool) -> bool:
    """Whether it would be a finding if nothing else were open: from the sights on its frames, over a third of it."""
    own = [s for s in sights if s.number in each.frames and _over(s.face.box, each)]
    return bool(findings(own, None, by_content))


def _over(box: Box, each: Planted) -> bool:
    return any(overlap(box, face) > 0.3 * face.area for face in each.boxes)


def _true(finding: Finding, one: Clip, open_: dict[int, list[Box]]) -> bool:
    """Whether, by the truth and the leak meter, a face is exposed there on one of its frames. Beyond the frames of the
    truth nothing can be said."""
    if finding.places[0][0] >= len(one.truth.boxes):
        return True
    near = ((box, face) for frame, box in finding.places for face in open_.get(frame, []))
    return any(overlap(grown(face, 0.3), box) > 0.3 * box.area for box, face in near)


def _exposed(one: Clip, output: Path) -> dict[int, list[Box]]:
    """The true faces that the leak meter calls exposed, by frame."""
    return {
        number: [face for face in faces if exposed(pair.original, pair.output, face)]
        for number, (pair, faces) in enumerate(zip(pairs(one.place, output), one.truth.boxes, strict=False))
        if pair.output is not None
    }


def _tell(rows: list[dict[str, Any]], modes: list[str]) -> None:
    for mode in modes:
        mine = [row for row in rows if row["mode"] == mode]
        print(f"\n{mode}")
        for kind in (*(kind.name for kind in KINDS), None):
            pairs_ = [n for row in mine for k, n in row["open"]["found"].items() if kind in (k, None)]
            share = Share(sum(a for a, _ in pairs_), sum(b for _, b in pairs_))
            rate = "" if share.rate is None else f"{share.rate:.1%}"
            print(f"  {kind or 'all':35} {share.hits:4} of {share.of:4}  {rate}")
        minutes = sum(row["seconds"] for row in mine) / 60
        false = sum(row["clean"]["false"] for row in mine)
        cost = sum(row["clean"]["cpu"] for row in mine) / sum(row["run"] for row in mine)
        print(f"  false alarms on clean output: {false} in {minutes:.1f} min ({false / minutes:.2f} a minute)")
        print(f"  residual faces of the run itself: {sum(row['clean']['true'] for row in mine)}")
        print(f"  CPU time: {cost:.2f} of the run (veryfast)")


if __name__ == "__main__":
    main()
