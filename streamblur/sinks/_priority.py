"""The priority of this process's threads, which one encoder changes without being asked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")


def usual() -> None:
    """Bring every thread back to the usual priority.

    SVT-AV1, opened by root (in a container, say), makes its threads and the calling one real-time threads
    (SCHED_FIFO 99), and so is every program started from there on: they can starve the whole machine.
    """
    if not hasattr(os, "sched_setscheduler"):
        return
    with suppress(OSError):
        for task in os.listdir(_TASKS):
            with suppress(OSError):  # a thread may end meanwhile
                if os.sched_getscheduler(int(task)) != os.SCHED_OTHER:
                    os.sched_setscheduler(int(task), os.SCHED_OTHER, os.sched_param(0))
