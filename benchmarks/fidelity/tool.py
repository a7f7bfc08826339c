"""Any tool, run as a user would."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.fidelity.case import Desk, Outcome, case, expect
from benchmarks.fidelity.media import film, still

ROOT = Path(__file__).resolve().parents[2]
STREAMBLUR = f"{shlex.quote(sys.executable)} -m streamblur blur {{input}} -o {{output}} --quiet"
LIMIT = 300
"""Seconds after which a tool is stopped."""


class Command:
    """A command line in which ``{input}`` and ``{output}`` are filled in; ``force`` is added to replace an output."""

    def __init__(self, template: str, force: str = "") -> None:
        self._words, self._force = shlex.split(template), shlex.split(force)

    def __call__(self, source: Path, output: Path, replace: bool = False) -> Outcome:
        with self.started(source, output, replace) as process:
            try:
                said, _ = process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                return Outcome(-9, f"stopped after {LIMIT} s")
        return Outcome(process.returncode, said.decode(errors="replace"))

    def started(self, source: Path, output: Path, replace: bool = False) -> subprocess.Popen[bytes]:
        places = {"{input}": str(source), "{output}": str(output)}
        words = [places.get(word, word) for word in self._words] + (self._force if replace else [])
        return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@case("V17 killed at five places")
def killed(desk: Desk) -> None:
    """For tools that are commands; tests/test_fidelity_whole.py kills the library at twenty."""
    assert isinstance(desk.tool, Command)
    source = film(desk.at("in.mp4"), [still((640, 480), (n % 300, 96)) for n in range(150)])
    began = time.monotonic()
    whole = desk.blur(source, "whole.mp4").stat().st_size
    lasts = time.monotonic() - began
    output = desk.at("out.mp4")
    for part in range(5):
        with desk.tool.started(source, output, replace=True) as process:
            time.sleep(lasts * (0.5 + 0.09 * part))
            process.send_signal(signal.SIGKILL)
        half = output.exists() and output.stat().st_size != whole
        expect(
            not half,
            f"killed after {0.5 + 0.09 * part:.2f} of its time, it leaves half a recording under the final name",
        )
