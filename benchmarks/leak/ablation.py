"""What each part of the pipeline is worth: the same clips with more and more of it switched on.

    python -m benchmarks.leak.ablation [--detector mediapipe] [--clips NAME ...] [--media ../shared/media]

The first rows are what others do: look at every frame, or at every fifth and carry the boxes on. They are the same
code with nothing waiting (``delay`` 0) and a tracker that never asks the picture.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.leak.clips import Clip, clip, names
from benchmarks.leak.meter import measure
from benchmarks.leak.report import Report
from streamblur import rooms
from streamblur.engine import Obscuring, Parts, anonymize
from streamblur.settings import Settings

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"


@dataclass(frozen=True)
class Variant:
    """A row: settings that differ from the default, and ``delay`` as in ``engine.Parts``."""

    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    delay: int | None = None


VARIANTS = (
    Variant("every frame, nothing else", {"every": 1, "tracker": "overlap"}, 0),
    Variant("every 5th, boxes carried on", {"every": 5, "tracker": "overlap"}, 0),
    Variant("every 5th, hindsight", {"every": 5, "tracker": "overlap"}),
    Variant("every 5th, hindsight, picture", {"every": 5}),
    Variant("by need, hindsight, picture (default)"),
)


def cover(source: Path, output: Path, settings: Settings, delay: int | None) -> None:
    """Write ``source`` with its faces covered, with no frame waiting longer than ``delay`` frames."""
    with ExitStack() as stack:
        opened = rooms.part("sources", "file").build(settings, source)
        stack.callback(opened.close)
        sink = rooms.part("sinks", "file").build(settings, opened.info, output)
        detector = rooms.part("detectors", settings.detector).build(settings)
        stack.callback(detector.close)
        style = rooms.part("obscurers", settings.style)
        how = Obscuring(lambda component: style.build(settings, component), settings.margin, False, False)
        tracker = rooms.part("trackers", settings.tracker).build(settings)
        parts = Parts(detector, tracker, how, settings.every, settings.analysis_size, settings.hindsight, delay)
        for decided in anonymize(opened, parts, lambda looks: looks):
            sink.write(decided.frame)
        sink.close()


def measured(variant: Variant, detector: str, clips: Sequence[Clip], folder: Path) -> tuple[Report, float]:
    """Counts over all clips, and CPU milliseconds a frame with the fastest encoder."""
    settings = Settings(detector=detector, preset="ultrafast", crf=23, audio=False, force=True, **variant.changes)
    found, before = Report(), os.times()
    for one in clips:
        output = folder / f"{one.name}.mp4"
        cover(one.place, output, settings, variant.delay)
    after = os.times()
    for one in clips:
        found += measure(one.place, folder / f"{one.name}.mp4", one.truth)
    spent = after.user + after.system - before.user - before.system
    return found, 1000 * spent / found.frames


def row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--detector", default="mediapipe")
    asked.add_argument("--clips", nargs="+", default=None)
    asked.add_argument("--media", type=Path, default=MEDIA)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        clips = [clip(name, given.media, folder) for name in given.clips or names(given.media)]
        print(row(["", "exposed", "rate", "tracks", "longest run", "outside", "CPU ms/frame"]))
        print("|---|---|---|---|---|---|---|")
        for variant in VARIANTS:
            found, spent = measured(variant, given.detector, clips, folder)
            leak, tracks = found.leak, found.tracks
            counts = [f"{leak.hits} / {leak.of}", f"{100 * (leak.rate or 0):.2f} %", f"{tracks.hits} / {tracks.of}"]
            rest = [found.longest, f"{100 * found.outside / found.frames:.1f} %", f"{spent:.0f}"]
            print(row([variant.name, *counts, *rest]), flush=True)


if __name__ == "__main__":
    main()
