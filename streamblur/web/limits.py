"""How much one page may ask of the machine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from streamblur.errors import SettingsError

_ADDRESS_SPACE = 5
"""Times the real memory: threads and their heaps set far more addresses aside than they use."""
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


def parsed_size(text: str) -> int:
    """Bytes in a size such as ``10MB`` or ``2 GB``. Raises SettingsError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Z]*)", text.strip().upper())
    if found is None or found[2] not in _UNITS or float(found[1]) * _UNITS[found[2]] < 1:
        raise SettingsError(f"{text!r} is no size: give a number with KB, MB or GB, such as 10MB.")
    return int(float(found[1]) * _UNITS[found[2]])


def some_workers() -> int:
    """Jobs at a time: each keeps about two cores busy."""
    return max(1, min(4, (os.cpu_count() or 2) // 2))


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.

    ``photo`` and ``upload`` are the largest photo and the largest file of any kind; ``store`` is what all jobs
    together may have on the disk, ``spare`` what must stay free on it. ``workers`` jobs run at a time and ``waiting``
    more may wait, at most ``each`` of one client. A job's child may take ``memory`` of real memory, ``photo_time``
    or ``time`` of wall time, and is given up when nothing was heard of it for ``silence``. A recording may claim to
    last ``length``. A finished job is wiped after ``expiry``. ``studios`` files are kept at hand for previews, each for
    ``studio_idle`` after the last one.
    """

    photo: int = 10 * 10**6
    upload: int = 2 * 10**9
    store: int = 20 * 10**9
    spare: int = 500 * 10**6
    workers: int = some_workers()
    waiting: int = 100
    each: int = 60
    memory: int = 3 << 30
    photo_time: float = 120.0
    time: float = 6 * 3600.0
    silence: float = 120.0
    length: float = 12 * 3600.0
    expiry: float = 3600.0
    studios: int = 2
    studio_idle: float = 60.0

    def allowed(self, photo: bool) -> float:
        """Seconds that a job may take."""
        return self.photo_time if photo else self.time

    def bounds(self, output: int, cpu: int) -> dict[str, int]:
        """Limits for a child; see ``fence.Bounds``."""
        return {"memory": self.memory * _ADDRESS_SPACE, "output": output, "cpu": cpu}


class Busy(Exception):
    """The queue is full; try again after so many seconds."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self.after = after


class Full(Exception):
    """There is no room left on the disk."""
