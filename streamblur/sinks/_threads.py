"""The threads of an encoder: how many it has, and their priority, which one of them changes without being asked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from streamblur.machine import cores

_TASKS = Path("/proc/self/task")
MOST_THREADS = 8
"""Pictures that x264 works on at once, at most: looking and covering keep up with no more, and each takes memory."""
LARGE = 2560 * 1440
"""Pixels of a picture from which memory counts for more than a tenth of the time."""


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


def share(context: Any, live: bool) -> None:
    """Let x264 work on several pictures at once, a core each, instead of on slices of one as PyAV has it.

    With that two cores take up to 9 % less time for it all, and 20 MB more each at 1080p. Slices also make the file
    larger: two by 0.4 to 0.9 %, eight by 4 to 6 %, of 1080p. Of pictures over ``LARGE`` each core would take 80 MB and
    more: there it is slices, and no B-frame is compared with, which takes 90 MB less at 4K for a file larger by 1 to
    2 %. Live pictures must not wait for each other.
    """
    if context.name != "libx264" or live:
        return
    if context.width * context.height <= LARGE:
        context.thread_type, context.thread_count = "FRAME", min(MOST_THREADS, cores())
    else:
        context.options = {**context.options, "b-pyramid": "none"}
