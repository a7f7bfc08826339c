"""The line to the child of one review: started when it is needed, asked one thing at a time, ended when nobody asks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamblur.faces.file import LARGEST
from streamblur.settings import Settings
from streamblur.web.arriving import Refused
from streamblur.web.jobs import Problem, without_paths
from streamblur.web.office import Office
from streamblur.web.workers import Worker

IDLE = 900.0
"""Seconds without a request after which a child ends; the next request starts another."""
_FOREVER = 1e12
Message = dict[str, Any]


class Reader:
    """Reads ``source`` in a child that keeps its faces file in ``folder``. Methods may be called from any thread."""

    def __init__(self, office: Office, source: Path, folder: Path, settings: Settings) -> None:
        self._office, self._source = office, source
        bounds = office.limits.bounds(LARGEST, 24 * 3600)
        about = {"source": str(source), "reads": [str(source)], "bounds": bounds}
        self._order = {"work": "review", "folder": str(folder), "settings": asdict(settings), **about}
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._worker: Worker | None = None
        self._used = time.monotonic()

    def begin(self, limit: float, progress: Callable[[Message], None]) -> Problem | None:
        """Open the source, which may mean to look for faces first; what went wrong."""
        with self._lock:
            return self._start(limit, progress)

    def ask(
        self, request: Message, limit: float, following: Callable[[int, int], None] = lambda done, total: None
    ) -> tuple[Message, bytes]:
        """What the child answers within so many seconds; ``following`` hears how far a drawn box was followed.
        Raises Refused."""
        with self._lock:
            worker = self._worker
            if worker is None:
                problem = self._start(limit, lambda message: None)
                if problem is not None or (worker := self._worker) is None:
                    raise Refused(422, *_parts(problem or Problem.of("closing")))
            worker.limit = time.monotonic() + limit
            try:
                return self._answer(worker, request, following)
            finally:
                worker.limit, self._used = _FOREVER, time.monotonic()

    def _start(self, limit: float, progress: Callable[[Message], None]) -> Problem | None:
        until = time.monotonic() + limit
        worker = self._worker = Worker(self._office.how, self._order, until, self._office.target)
        if self._closed.is_set():
            worker.kill("closing")
        for message in worker.messages():
            if message.get("ready"):
                worker.limit, self._used = _FOREVER, time.monotonic()
                return None
            if "error" in message:
                return self._ended(worker, told(message, self._source))
            if "frames" in message:
                progress({name: int(message.get(name) or 0) for name in ("frames", "total", "faces")})
        return self._ended(worker, Problem.of(worker.reason or "died"))

    def stop(self) -> None:
        """End the following of a box, if it is going on."""
        with contextlib.suppress(OSError):
            if (worker := self._worker) is not None:
                worker.say(stop=True)

    def _answer(self, worker: Worker, request: Message, following: Callable[[int, int], None]) -> tuple[Message, bytes]:
        message = piece = None
        with contextlib.suppress(OSError):
            worker.say(**request)
            while (message := worker.heard()) is not None and "following" in message:
                following(*map(int, message["following"]))
            if message is not None and "error" in message and str(message.get("kind")).endswith("Error"):
                code = "stopped" if message["kind"] == "StoppedError" else "edit"
                raise Refused(422, code, told(message, self._source).message)
            piece = None if message is None or "error" in message else worker.piece()
        if message is None or piece is None:
            raise Refused(500, *_parts(self._ended(worker, Problem.of(worker.reason or "died"))))
        return message, piece

    def _ended(self, worker: Worker, problem: Problem) -> Problem:
        worker.close()
        self._worker = None
        return problem

    def look_after(self) -> None:
        """End a child that takes too long or too much, or that nobody asks anything."""
        worker, now = self._worker, time.monotonic()
        if worker is None:
            return
        if now > worker.limit:
            worker.kill("time")
        elif worker.memory() > self._office.limits.memory:
            worker.kill("memory")
        elif now - self._used > IDLE and worker.limit == _FOREVER and self._lock.acquire(blocking=False):
            with contextlib.ExitStack() as stack:
                stack.callback(self._lock.release)
                self._ended(worker, Problem.of("idle"))

    def close(self) -> None:
        """End the child; whoever waits for it is told. May be called twice."""
        self._closed.set()
        if (worker := self._worker) is not None:
            worker.kill("closing")
        with self._lock:
            if self._worker is not None:
                self._ended(self._worker, Problem.of("closing"))


def told(message: Message, source: Path) -> Problem:
    """What went wrong, as a child says, without any path."""
    kind, text = str(message.get("kind")), str(message["error"])
    if not (kind.endswith("Error") and text):
        return Problem.of(kind)
    text = without_paths(text.replace(str(source), source.name))
    return Problem("unwritable" if kind == "OutputError" else "unreadable", text[:400])


def _parts(problem: Problem) -> tuple[str, str]:
    return problem.code, problem.message
