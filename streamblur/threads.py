"""Run a stage of the flow ahead of its consumer, or work beside it, on a thread that never outlives it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Generic, TypeVar, cast

from streamblur.timing import stage

T = TypeVar("T")
R = TypeVar("R")
_WAIT = 0.05
"""Seconds between looks at the stop flag while a queue is full or empty."""


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Ahead(Iterator[T], Generic[T]):
    """Iterates over ``items`` on a thread of its own, at most ``size`` items ahead; ``first`` of them, if that is more,
    until one is asked for.

    An error of the stage is raised at the consumer's next step. ``close`` stops the stage, closes
    it, and waits for the thread; the items still queued are dropped. Safe to call twice.
    """

    def __init__(self, items: Iterable[T], size: int, name: str, first: int = 0) -> None:
        self._items, self._name, self._size = items, name, size
        self._queue: queue.Queue[T | _End] = queue.Queue(max(first, size))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"streamblur-{name}", daemon=True)
        self._thread.start()

    def __next__(self) -> T:
        with stage(f"wait for {self._name}"):
            return self._next()

    def _next(self) -> T:
        self._queue.maxsize = self._size
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


def ahead(stack: ExitStack, items: Iterable[T], size: int, name: str, first: int = 0) -> Iterator[T]:
    """``Ahead``, ended with the stack."""
    thread = Ahead(items, size, name, first)
    stack.callback(thread.close)
    return thread


class Beside(Generic[T, R]):
    """Does ``work`` on one thing at a time, on a thread of its own, for somebody who must not wait.

    ``wake`` is called on that thread when something is done. A thread that hangs in ``work`` is left behind, and does
    not keep the process from ending.
    """

    def __init__(self, work: Callable[[T], R], name: str, wake: Callable[[], None] = lambda: None) -> None:
        self._work, self._wake = work, wake
        self._todo: queue.Queue[T | None] = queue.Queue()
        self._done: queue.Queue[tuple[T, R, float] | BaseException] = queue.Queue()
        self._since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"streamblur-{name}", daemon=True)
        self._thread.start()

    @property
    def since(self) -> float | None:
        """When what is under way began (``time.monotonic``); None when nothing is."""
        return self._since

    def begin(self, item: T) -> None:
        """Work on this; nothing may be under way."""
        self._since = time.monotonic()
        self._todo.put(item)

    def done(self) -> list[tuple[T, R, float]]:
        """What was finished since the last call, with the seconds it took. Raises what ``work`` raised."""
        found: list[tuple[T, R, float]] = []
        while not self._done.empty():
            one = self._done.get()
            self._since = None
            if isinstance(one, BaseException):
                raise one
            found.append(one)
        return found

    def close(self, patience: float = 2.0) -> bool:
        """End; whether the thread did so within this many seconds."""
        self._todo.put(None)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._todo.get()) is not None:
            began = time.monotonic()
            try:
                self._done.put((item, self._work(item), time.monotonic() - began))
            except BaseException as error:  # handed on, whatever it is
                self._done.put(error)
            self._wake()


class Begun(Generic[T]):
    """What ``make`` returns, made on a thread of its own from now on.

    ``close`` waits for the thread. What was made and never asked for is closed, if it can be. Safe to call twice.
    """

    def __init__(self, make: Callable[[], T], name: str) -> None:
        self._make, self._name = make, name
        self._made: T | None = None
        self._error: BaseException | None = None
        self._taken = False
        self._thread = threading.Thread(target=self._run, name=f"streamblur-{name}", daemon=True)
        self._thread.start()

    def result(self) -> T:
        """What was made, now the caller's to close. Raises what ``make`` raised."""
        with stage(f"wait for {self._name}"):
            self._thread.join()
        if self._error is not None:
            raise self._error
        self._taken = True
        return cast(T, self._made)

    def close(self) -> None:
        self._thread.join()
        if self._error is None and not self._taken:
            self._taken = True
            getattr(self._made, "close", lambda: None)()

    def _run(self) -> None:
        try:
            self._made = self._make()
        except BaseException as error:
            self._error = error
