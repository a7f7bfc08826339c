"""Run any tool on a clip as a user would, and see what it costs."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STREAMBLUR = f"{shlex.quote(sys.executable)} -m streamblur blur {{input}} -o {{output}} --force --quiet"
LAUNCH = Path(__file__).with_name("launch.py")
NOTHING = {"code": -1, "cpu": 0.0, "wall": 0.0, "memory": 0.0}
LIMIT = 1800.0
"""Seconds after which a tool is stopped."""


@dataclass(frozen=True, slots=True)
class Run:
    """``cpu`` seconds of all threads and children, user and system; ``memory`` peak resident MB; ``said`` the last
    lines it printed, when it failed."""

    code: int
    cpu: float
    wall: float
    memory: float
    said: str = ""


def command(template: str, options: Sequence[str]) -> str:
    """The template, with ``name=value`` as ``--name value`` and a bare ``name`` as ``--name`` after it."""
    words = [template]
    for option in options:
        name, equals, value = option.partition("=")
        words += [f"--{name.replace('_', '-')}", *([shlex.quote(value)] if equals else [])]
    return " ".join(words)


def run(template: str, source: Path, output: Path) -> Run:
    """Fill ``{input}`` and ``{output}`` into the template and run it in the repository, without a shell."""
    places = {"{input}": str(source.resolve()), "{output}": str(output.resolve())}
    words = [_filled(word, places) for word in shlex.split(template)]
    log, note = output.with_suffix(".log"), output.with_suffix(".used.json")
    note.unlink(missing_ok=True)
    start = [sys.executable, "-I", "-S", str(LAUNCH), str(note.resolve()), str(LIMIT)]
    with log.open("wb") as said:
        subprocess.run([*start, *words], cwd=ROOT, stdout=said, stderr=said, check=False)
    used = json.loads(note.read_text(encoding="utf-8")) if note.exists() else NOTHING
    failed = used["code"] != 0 or not output.exists()
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:] if failed else []
    return Run(**used, said=" | ".join(last))


def _filled(word: str, places: dict[str, str]) -> str:
    for mark, place in places.items():
        word = word.replace(mark, place)
    return word
