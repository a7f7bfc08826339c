"""Covering live frames one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from streamblur.engine.covering import Obscuring, covered
from streamblur.engine.wishes import Wishes, wished
from streamblur.values import Decided, Frame, SafeFrame


class Hiding:
    """Gives back every frame covered as the stages for recordings would; ``first`` is the time in seconds of the first
    frame of all (None: not known yet)."""

    def __init__(self, how: Obscuring, wishes: Wishes, first: float | None) -> None:
        self._queue: deque[Decided[Frame]] = deque()
        self._covered = covered(wished(self._queued(), wishes, first), how)

    def __call__(self, decided: Decided[Frame]) -> Decided[SafeFrame]:
        self._queue.append(decided)
        return next(self._covered)

    def _queued(self) -> Iterator[Decided[Frame]]:
        while True:
            yield self._queue.popleft()
