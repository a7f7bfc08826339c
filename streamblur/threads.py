"""Run a stage of the flow ahead of its consumer, on a thread that never outlives it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar, cast

from streamblur.timing import stage

T = TypeVar("T")
_WAIT = 0.05
"""Seconds between looks at the stop flag while a queue is full or empty."""


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Ahead(Iterator[T], Generic[T]):
    """Iterates over ``items`` on a thread of its own, at most ``size`` items ahead.

    An error of the stage is raised at the consumer's next step. ``close`` stops the stage, closes
    it, and waits for the thread; the items still queued are dropped. Safe to call twice.
    """

    def __init__(self, items: Iterable[T], size: int, name: str) -> None:
        self._items, self._name = items, name
        self._queue: queue.Queue[T | _End] = queue.Queue(size)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"streamblur-{name}", daemon=True)
        self._thread.start()

    def __next__(self) -> T:
        with stage(f"wait for {self._name}"):
            return self._next()

    def _next(self) -> T:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=_WAIT)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                self.close()
                if item.error is not None:
                    raise item.error
                break
            return item
        raise StopIteration

    def close(self) -> None:
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as caught:  # handed to the consumer, whatever it is
            error = caught
        try:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()
        except BaseException as caught:
            error = error or caught
        self._put(cast(T, _End(error)))

    def _put(self, item: T) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=_WAIT)
            except queue.Full:
                continue
            return True
        return False
