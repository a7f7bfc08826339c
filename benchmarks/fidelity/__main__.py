"""Run every case on a tool, beside another one where wished, and print the table V1 to V22."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT / "tests") not in sys.path:
    sys.path.append(str(ROOT / "tests"))  # clips.py, which makes clips of known truth

from benchmarks.fidelity import broken, leaks, look, sound  # noqa: E402, F401  importing enters their cases
from benchmarks.fidelity.case import CASES, Desk, Failed, Tool, number  # noqa: E402
from benchmarks.fidelity.tool import STREAMBLUR, Command  # noqa: E402

Answers = dict[str, str]
"""What was wrong, by case; empty when nothing was."""


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fidelity", description=__doc__)
    parser.add_argument("--tool", metavar="'CMD {input} {output}'", default=STREAMBLUR, help="what is measured")
    parser.add_argument("--force", default="--force", help="what that tool wants to be told to replace an output")
    parser.add_argument("--name", default="streamblur", help="what to call it")
    parser.add_argument("--beside", metavar="'CMD {input} {output}'", help="another tool, such as deface")
    parser.add_argument("--beside-name", default="deface")
    parser.add_argument("--cases", nargs="+", metavar="V1", help="only these numbers")
    parser.add_argument("--all", action="store_true", help="a line for every case, not for every number")
    return parser.parse_args(arguments)


def asked(tool: Tool, names: Sequence[str]) -> Answers:
    answers = {}
    for name in names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="fidelity-") as folder:
            answers[name] = _answer(tool, name, Path(folder))
        print(f"{time.monotonic() - began:6.1f} s  {name}: {answers[name] or 'holds'}", file=sys.stderr)
    return answers


def _answer(tool: Tool, name: str, folder: Path) -> str:
    try:
        CASES[name](Desk(folder, tool))
    except Failed as failed:
        return str(failed).replace("\n", " ").replace("|", "/")[:160] or "failed"
    except Exception as error:  # a tool's output may be anything at all: that it cannot be read is an answer
        return f"the output cannot be read: {type(error).__name__} {error}".replace("\n", " ")[:160]
    return ""


def table(columns: Mapping[str, Answers], every: bool) -> str:
    """Markdown: a row for every number, with how many of its cases hold and the first that does not."""
    heads = list(columns)
    rows = [f"| case | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    names = list(next(iter(columns.values())))
    groups = {name: [name] for name in names} if every else {}
    for name in names if not every else ():
        groups.setdefault(f"V{number(name)}", []).append(name)
    for group, members in groups.items():
        rows.append(f"| {group} | {' | '.join(_cell(columns[head], members) for head in heads)} |")
    return "\n".join(rows)


def _cell(answers: Answers, members: Sequence[str]) -> str:
    wrong = [name for name in members if answers[name]]
    if not wrong:
        return f"pass ({len(members)})"
    first = wrong[0]
    return f"**{len(wrong)} of {len(members)} fail**; {first.partition(' ')[2]}: {answers[first]}"


def main(arguments: Sequence[str] | None = None) -> int:
    told = options(arguments)
    names = sorted(CASES, key=lambda name: (number(name), name))
    names = [n for n in names if told.cases is None or n.split()[0] in told.cases]
    columns = {told.name: asked(Command(told.tool, told.force), names)}
    if told.beside:
        columns[told.beside_name] = asked(Command(told.beside), names)
    print(table(columns, told.all))
    return int(any(columns[told.name].values()))


if __name__ == "__main__":
    sys.exit(main())
