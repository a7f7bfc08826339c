"""Runs of streamblur in processes of their own, with a detector that costs nothing: started, killed, measured.

``python -m runs`` answers every line ``SOURCE<tab>OUTPUT`` on its standard input with a forked run, so that many runs
cost one start. It says the number of the process, then how it ended: exit code or minus the signal, and its most MB.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from streamblur import Settings, StreamblurError, compose, rooms
from streamblur.ports import Image
from streamblur.values import Box, Detection

TESTS = Path(__file__).parent
PART = rooms.part
BUG = 70
"""Exit code of a run that ended with an error which is not told to users."""


class Fixed:
    """Finds one face, always in the same place."""

    def detect(self, image: Image) -> Sequence[Detection]:
        height, width = image.shape[:2]
        return [Detection(Box(width * 0.2, height * 0.2, width * 0.5, height * 0.6), 0.9, "fixed", 3)]

    def close(self) -> None:
        pass


def part(room: str, name: str) -> Any:
    """``rooms.part``, but for detectors."""
    return SimpleNamespace(build=lambda settings: Fixed()) if room == "detectors" else PART(room, name)


@dataclass(frozen=True)
class Ended:
    code: int
    megabytes: float
    said: str


class Runs:
    """The process that forks a run for every line; what the runs say goes to ``log``."""

    def __init__(self, log: Path) -> None:
        self._log = log
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
        pipe = subprocess.PIPE
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runs"], stdin=pipe, stdout=pipe, stderr=said, bufsize=0, env=environment
            )

    def start(self, source: Path, output: Path) -> int:
        """Begin a run; the number of its process."""
        assert self._process.stdin is not None
        self._log.write_bytes(b"")
        self._process.stdin.write(os.fsencode(f"{source}\t{output}\n"))
        self._process.stdin.flush()
        return int(self._line())

    def ended(self, child: int = 0, limit: float = 300) -> Ended:
        """How it ended. After ``limit`` seconds it is killed and has code 0 - SIGALRM."""
        assert self._process.stdout is not None
        late = not select.select([self._process.stdout], [], [], limit)[0]
        if late:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        code, megabytes = self._line().split()
        said = self._log.read_text(errors="replace").replace("\0", "")
        return Ended(-signal.SIGALRM if late else int(code), float(megabytes), said)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def main() -> None:
    """Import everything once, then fork for each line."""
    rooms.part = part
    import streamblur.engine
    import streamblur.sinks.file
    import streamblur.sources.file
    import streamblur.trackers.motion  # noqa: F401

    for line in sys.stdin:
        source, output = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            os._exit(_run(Path(source), Path(output)))
        print(child, flush=True)
        _, status, used = os.wait4(child, 0)
        print(os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024, flush=True)


def _run(source: Path, output: Path) -> int:
    faulthandler.enable()
    faulthandler.dump_traceback_later(8)  # where it hangs, if it does
    try:
        compose.run(Settings(preset="veryfast"), source, output)
    except StreamblurError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except BaseException:
        traceback.print_exc()
        return BUG
    return 0


if __name__ == "__main__":
    main()
