"""Measures a live run: ``python -m benchmarks.live [SECONDS] [--delay N] [--record] [--every-minute]``.

Latency is from when a frame was due (a file played at its own speed) to when it was written to the last sink, told by
the number in the picture. Exposed is a true face of which less than nine tenths are under masks.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.live.clip import RATE, SIZE, make, read_number
from streamblur import live, rooms
from streamblur.geometry import clipped, grown
from streamblur.live import Choices, Status
from streamblur.planes import luma
from streamblur.settings import Live
from streamblur.values import Box, Cover, Decided, SafeFrame

LOOP = 480
"""Frames of the clip, which is played over and over."""


class Looped:
    """Plays the clip at its own speed for so many frames; frame ``n`` is due at ``zero + n / RATE``."""

    def __init__(self, place: Path, frames: int) -> None:
        self._place, self._frames = place, frames
        self._stop = threading.Event()
        self.zero: float | None = None
        inner = rooms.part("sources", "file").build(Live(), place)
        self.info = inner.info
        inner.close()

    def __iter__(self) -> Any:
        number = 0
        while number < self._frames:
            inner = rooms.part("sources", "file").build(Live(), self._place)
            try:
                for frame in inner:
                    self.zero = self.zero or time.monotonic() + 0.5
                    if self._stop.wait(max(0.0, self.zero + number / RATE - time.monotonic())):
                        return
                    ticks = 1 / (RATE * frame.time_base)
                    frame.pts = round(number * ticks)
                    yield frame
                    number += 1
                    if number >= self._frames:
                        return
            finally:
                inner.close()

    def stop(self) -> None:
        self._stop.set()

    def close(self) -> None:
        pass


@dataclass
class Probe:
    """A sink, and a witness of what was decided."""

    source: Looped
    truth: list[list[Box]]
    latency: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    exposed: list[tuple[int, int]] = field(default_factory=list)
    curtains: list[int] = field(default_factory=list)
    faces: int = 0
    looks: list[float] = field(default_factory=list)
    delays: set[int] = field(default_factory=set)
    minutes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def write(self, frame: SafeFrame) -> None:
        assert self.source.zero is not None
        number = round(frame.time * RATE)
        view = luma(frame.picture).view
        if self.numbers and len(self.curtains) == 0 and read_number(view) != number % LOOP:
            raise AssertionError(f"frame {number} says that it is {read_number(view)}")
        self.latency.append(time.monotonic() - self.source.zero - number / RATE)
        self.numbers.append(number)
        if len(self.latency) % (30 * RATE) == 0:
            self.minutes.append((number / RATE, *self._middle(), memory()))

    def _middle(self) -> tuple[float, float]:
        last = self.latency[-30 * RATE :]
        return float(np.percentile(last, 50)), float(np.percentile(last, 95))

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def witness(self, decided: Decided[SafeFrame]) -> None:
        number = round(decided.frame.time * RATE)
        if decided.curtain:
            self.curtains.append(number)
        for face, box in enumerate(self.truth[number % LOOP]):
            self.faces += 1
            if not decided.curtain and uncovered(box, decided.covers) > 0.1:
                self.exposed.append((number, face))

    def watch(self, status: Status) -> None:
        self.delays.add(status.delay)
        self.looks.append(status.looks)


def uncovered(face: Box, covers: Any) -> float:
    """Share of the face that no mask covers."""
    part = clipped(face, *SIZE)
    if part is None:
        return 0.0
    picture = np.ones((round(part.height) or 1, round(part.width) or 1), np.bool_)
    for cover in covers:
        mask = grown(cover.box, Live().margin) if isinstance(cover, Cover) else cover
        top, bottom = (max(0, round(v - part.top)) for v in (mask.top, mask.bottom))
        left, right = (max(0, round(v - part.left)) for v in (mask.left, mask.right))
        picture[top:bottom, left:right] = False
    return float(picture.mean())


def memory() -> float:
    """Resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    parser.add_argument("--delay", type=int)
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        truth = make(Path(folder) / "clip.mp4", LOOP)
        source = Looped(Path(folder) / "clip.mp4", round(asked.seconds * RATE))
        probe = Probe(source, truth)
        to: list[Any] = [probe, *([str(Path(folder) / "out.mkv")] if asked.record else [])]
        began, load = time.process_time(), os.getloadavg()
        settings = Live(delay=asked.delay, detector=asked.detector)
        ended = live.run(settings, source, to, Choices(witness=probe.witness, watch=probe.watch))
        cpu = time.process_time() - began
    print(json.dumps(_found(probe, ended, cpu, load), indent=1))


def _found(probe: Probe, ended: Any, cpu: float, load: Any) -> dict[str, Any]:
    sent = probe.numbers[-1] - probe.numbers[0] + 1
    steady = [(n, value) for n, value in zip(probe.numbers, probe.latency, strict=True) if n > 2 * RATE]
    slope = float(np.polyfit([n / RATE / 60 for n, _ in steady], [v * 1000 for _, v in steady], 1)[0])
    p50, p95, worst = (round(1000 * float(np.percentile(probe.latency, p)), 1) for p in (50, 95, 100))
    return {
        "frames": len(probe.numbers),
        "latency_ms": {"p50": p50, "p95": p95, "max": worst, "slope_per_minute": round(slope, 3)},
        "dropped": ended.status.dropped,
        "dropped_share": round(1 - len(probe.numbers) / sent, 4),
        "delay_frames": sorted(probe.delays),
        "looks_a_second": round(float(np.median(probe.looks)), 1),
        "face_frames": probe.faces,
        "exposed": len(probe.exposed),
        "exposed_where": probe.exposed[:20],
        "curtains": len(probe.curtains),
        "curtains_where": [probe.curtains[:12], probe.curtains[-12:]],
        "cpu_ms_per_frame": round(1000 * cpu / max(1, len(probe.numbers)), 1),
        "each_30_s": [[round(v, 3) for v in row] for row in probe.minutes],
        "load_before": [round(v, 2) for v in load],
        "load_after": [round(v, 2) for v in os.getloadavg()],
    }


if __name__ == "__main__":
    main()
