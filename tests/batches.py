"""``python -m batches ARGUMENTS``: the command ``streamblur`` with a detector that costs nothing, and with files that
misbehave by their names: *slow* takes its time, *killed* and *crashed* end their worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import runs

from streamblur import rooms
from streamblur.batch import workers
from streamblur.batch.outcome import Outcome
from streamblur.batch.work import Task
from streamblur.cli import main
from streamblur.ports import Image
from streamblur.values import Detection

WORKED = workers.worked


class Slow(runs.Fixed):
    """Finds always the same face, and may take its time."""

    seconds = 0.0
    ends: int | None = None

    def detect(self, image: Image) -> Sequence[Detection]:
        time.sleep(self.seconds)
        if self.ends is not None:
            os.kill(os.getpid(), self.ends)
        return super().detect(image)


def part(room: str, name: str) -> Any:
    return SimpleNamespace(build=lambda settings: Slow()) if room == "detectors" else runs.PART(room, name)


def worked(task: Task) -> Outcome:
    """As in the product, in a worker process, where this module is imported anew."""
    rooms.part = part
    name = task.job.source.name
    ways = {"killed": signal.SIGKILL, "crashed": signal.SIGSEGV}
    Slow.ends = next((number for word, number in ways.items() if word in name), None)
    Slow.seconds = 0.5 if "slow" in name else 0.0
    return WORKED(task)


if __name__ == "__main__":
    import batches

    workers.worked = batches.worked
    rooms.part = batches.part
    main()
