"""What this machine has: cores, and memory that is free."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int:
    """Bytes that are free on this machine, or within the limit of its container; very many where nobody knows."""
    known = [int(line.split()[1]) << 10 for line in _lines("/proc/meminfo") if line.startswith("MemAvailable:")]
    for limit, used in zip(_LIMITS, _USED, strict=True):
        with suppress(ValueError, IndexError):
            known.append(int(_lines(limit)[0]) - int(_lines(used)[0]))
    return min(known, default=1 << 60)


def _lines(place: str) -> list[str]:
    with suppress(OSError):
        return Path(place).read_text(encoding="ascii").splitlines()
    return []
