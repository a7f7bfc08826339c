"""Time streamblur, the null transcode and other tools in alternation, and measure what each left visible.

usage: python -m benchmarks.speed [--rounds N] [--tools NAME ...] [--clips NAME ...] [--json FILE] [--plot FILE]

Every round runs all tools once on a clip, one after the other, so that a busy machine slows all of them; medians
and ranges are over the rounds. Efficiency is the wall time of the null transcode over that of the tool, start-up
included. Other tools are installed into environments of their own under --work.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import av

from benchmarks.leak.bounds import Share
from benchmarks.leak.meter import measure
from benchmarks.leak.tool import ROOT, Run, run
from benchmarks.leak.truth import Truth
from benchmarks.speed.clips import clips
from benchmarks.speed.plot import Point, svg
from benchmarks.speed.table import Cell, table
from benchmarks.speed.tools import TOOLS, Tool, installed
from streamblur import __version__

FLOOR = "null, "


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", metavar="NAME", help=f"of {', '.join(tool.name for tool in TOOLS)}")
    parser.add_argument("--clips", nargs="+", metavar="NAME")
    parser.add_argument("--no-leak", action="store_true", help="do not look at the outputs")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    parser.add_argument("--media", type=Path, default=ROOT.parent / "shared" / "media")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "streamblur-speed")
    return parser.parse_args(arguments)


def timed(tools: Sequence[Tool], name: str, place: Path, truth: Truth | None, asked: argparse.Namespace) -> list[Cell]:
    """Rounds of all tools on one clip."""
    with av.open(place) as container:
        frames = sum(1 for packet in container.demux(video=0) if packet.size)
    cells = [Cell(tool.name, name, frames) for tool in tools]
    for number in range(asked.rounds):
        done: dict[str, Run] = {}
        for tool, cell in zip(tools, cells, strict=True):
            if number and cell.failed:
                continue
            print(f"{name}: {tool.name}, round {number + 1}", file=sys.stderr)
            output = asked.work / "out" / f"{tools.index(tool)}{place.suffix}"
            output.unlink(missing_ok=True)
            done[tool.name] = result = run(installed(tool, asked.work), place, output)
            cell.runs.append(result)
            cell.floors.append(done[FLOOR + tool.preset])
            known = truth is not None and not tool.name.startswith(FLOOR) and not asked.no_leak
            if known and not number and result.code == 0 and truth is not None:
                cell.leak = measure(place, output, truth).leak
    return cells


def points(cells: Sequence[Cell]) -> list[Point]:
    """Each tool over all clips on which every one of them was run: mean efficiency, exposed of all face-frames."""
    names = list(dict.fromkeys(cell.tool for cell in cells if not cell.tool.startswith(FLOOR)))
    found = []
    for name in names:
        mine = [cell for cell in cells if cell.tool == name and cell.leak is not None and not cell.failed]
        ratios = [ratio for cell in mine for ratio in cell.efficiencies()]
        leak = sum((cell.leak for cell in mine if cell.leak is not None), Share())
        if ratios and leak.rate is not None:
            found.append(Point(name, sum(ratios) / len(ratios), leak.rate))
    return found


def as_json(cells: Sequence[Cell]) -> dict[str, Any]:
    return {
        "streamblur": __version__,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "ffmpeg": av.ffmpeg_version_info,
        "cells": [cell.as_json() for cell in cells],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    asked = options(arguments)
    (asked.work / "out").mkdir(parents=True, exist_ok=True)
    floors = {FLOOR + tool.preset for tool in TOOLS if not asked.tools or tool.name in asked.tools}
    tools = [tool for tool in TOOLS if not asked.tools or tool.name in asked.tools or tool.name in floors]
    cells: list[Cell] = []
    for name, (place, truth) in clips(asked.media, asked.work).items():
        if not asked.clips or name in asked.clips:
            cells += timed(tools, name, place, truth, asked)
    print(table(cells))
    if asked.json:
        asked.json.write_text(json.dumps(as_json(cells), indent=1) + "\n", encoding="utf-8")
    if asked.plot:
        asked.plot.write_text(svg(points(cells)), encoding="utf-8")
    return int(any(cell.failed for cell in cells))


if __name__ == "__main__":
    raise SystemExit(main())
