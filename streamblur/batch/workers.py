"""Worker processes that share nothing, load the detector once, and are replaced when they die.

pebble's ProcessPool under the interface of ``concurrent.futures.Executor``. A worker that is killed (by the kernel for
want of memory, by a damaged library) fails its file only: the others go on, and a new one takes its place. When the
batch stops or dies, every worker sees the same pipe end, and unwinds what it does: nothing partial stays behind.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessPool

from streamblur.batch.outcome import Outcome
from streamblur.batch.work import Shelf, Task, work
from streamblur.values import Progress

P = ParamSpec("P")
T = TypeVar("T")
_FILES = 500
"""Files after which a worker makes room for a new one: the libraries lose a tenth of a megabyte with each."""
_FIELDS = 2
"""Numbers told of each slot: frames written, frames announced (0: unknown)."""


class Slots:
    """How far each file in work is: plain shared memory without locks, which a killed worker cannot leave held."""

    def __init__(self, count: int) -> None:
        self._numbers: Any = RawArray("q", count * _FIELDS)

    def told(self, slot: int) -> tuple[int, int]:
        """Frames written and announced (0: unknown) of the file in this slot."""
        return self._numbers[slot * _FIELDS], self._numbers[slot * _FIELDS + 1]

    def tell(self, slot: int, frames: int, total: int) -> None:
        self._numbers[slot * _FIELDS : (slot + 1) * _FIELDS] = frames, total


class Workers(Executor):
    """``jobs`` worker processes, whose files tell their progress in ``slots``."""

    def __init__(self, jobs: int, slots: Slots) -> None:
        self._jobs, self._slots = jobs, slots
        self._pool: ProcessPool | None = None
        self._stop: Connection | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As every Executor; after a pool has broken, in a new one."""
        if self._pool is None or not self._pool.active:
            self.shutdown(cancel_futures=True)
            self._start()
        assert self._pool is not None
        future: Future[T] = self._pool.schedule(fn, args=args, kwargs=kwargs)
        return future

    def _start(self) -> None:
        # Not fork: a copy of a process with threads of OpenCV and FFmpeg may wait for ever for one of their locks.
        context = multiprocessing.get_context("spawn")
        stopped, self._stop = context.Pipe(duplex=False)
        self._pool = ProcessPool(self._jobs, _FILES, _begin, (self._slots, stopped), context)
        with _uninterrupted():
            assert self._pool.active  # starts the workers and the threads that will replace them

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers: when they are done, or at once with ``cancel_futures``, in which case they clean up."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if cancel_futures:
            self._close_pipe()
            pool.stop()  # type: ignore[no-untyped-call]
        else:
            pool.close()  # type: ignore[no-untyped-call]
        if wait:
            with contextlib.suppress(RuntimeError):
                pool.join()
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self._stop is not None:
            self._stop.close()
            self._stop = None


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Whatever is started here never sees Ctrl-C, which a terminal sends to all: the batch tells the workers.

    Signals to this process wait until the start is over: half-started workers would complain.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else it starts here, and lets interrupts through again
    late: list[int] = []
    ours = threading.current_thread() is threading.main_thread()
    with contextlib.ExitStack() as undo:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if ours else ():
            if callable(before := signal.getsignal(number)):
                signal.signal(number, lambda number, _: late.append(number))
                undo.callback(signal.signal, number, before)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        undo.callback(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        yield
    if late:
        signal.raise_signal(late[0])


class _Worker:
    """The state of a worker process."""

    shelf: Shelf
    slots: Slots
    busy = False


def _begin(slots: Slots, stopped: Connection) -> None:
    """First thing in a worker process."""
    _Worker.shelf, _Worker.slots = Shelf(), slots
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    threading.Thread(target=_watch, args=(stopped,), name="streamblur-watch", daemon=True).start()


def _watch(stopped: Connection) -> None:
    """Wait until the batch ends this way or that: the pipe has no other end then."""
    with contextlib.suppress(EOFError, OSError):
        stopped.recv_bytes()
    if os.name == "nt":
        os._exit(1)  # no signal to unwind by; what is partial is swept by the batch
    os.kill(os.getpid(), signal.SIGTERM)


def _end(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)
    if not _Worker.busy:
        os._exit(1)
    raise KeyboardInterrupt(number)


def worked(task: Task) -> Outcome:
    """One file, in a worker process."""
    slots = _Worker.slots

    def report(now: Progress) -> None:
        slots.tell(task.slot, now.frames, now.total or 0)

    try:
        _Worker.busy = True
        slots.tell(task.slot, 0, 0)
        return work(task, _Worker.shelf, report)
    except KeyboardInterrupt:
        os._exit(1)
    finally:
        _Worker.busy = False
        slots.tell(task.slot, 0, 0)
