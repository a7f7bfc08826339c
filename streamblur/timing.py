"""Where the time goes: ``with stage("look"):`` adds up the time of what is in it while somebody ``takes`` times.

Otherwise a stage costs a quarter of a microsecond. Stages on several threads may overlap in time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

_NOTHING: AbstractContextManager[None] = nullcontext()
_taken: Times | None = None


@dataclass(slots=True)
class Times:
    """Wall seconds and number of runs by stage; ``seconds`` and ``cpu`` of the whole, the CPU time of all threads."""

    stages: dict[str, tuple[float, int]] = field(default_factory=dict)
    seconds: float = 0.0
    cpu: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, seconds: float) -> None:
        with self._lock:
            before, count = self.stages.get(name, (0.0, 0))
            self.stages[name] = before + seconds, count + 1


class _Stage:
    def __init__(self, name: str, times: Times) -> None:
        self._name, self._times = name, times

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._times.add(self._name, time.perf_counter() - self._started)


def stage(name: str) -> AbstractContextManager[None]:
    """Time what happens in it under this name."""
    return _Stage(name, _taken) if _taken is not None else _NOTHING


@contextmanager
def takes() -> Iterator[Times]:
    """Collect the times of all stages until the end, on all threads of this process."""
    global _taken
    _taken = times = Times()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield times
    finally:
        _taken = None
        times.seconds, times.cpu = time.perf_counter() - wall, time.process_time() - cpu
