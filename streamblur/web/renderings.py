"""Writing what was decided in a review: a child makes it in a private folder beside the result, then it is renamed."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamblur.web import folders
from streamblur.web.jobs import Problem
from streamblur.web.names import FACES, REPORTS
from streamblur.web.office import Office
from streamblur.web.readers import told
from streamblur.web.tasks import Task
from streamblur.web.workers import Worker

PREFIX = ".streamblur-result-"


class Rendering:
    """One result on its way. ``state`` is running, done, failed or cancelled; ``wrote`` once the result was ours."""

    def __init__(
        self, office: Office, task: Task, faces: bytes, notify: Callable[[], None], wrote: bool = False
    ) -> None:
        self._office, self._task, self._notify = office, task, notify
        self.state, self.problem, self.wrote = "running", Problem("", ""), wrote
        self._frames = self._total = 0
        self._since = (0.0, 0)
        self._worker: Worker | None = None
        self._done: dict[str, Any] = {}
        self._stop, self._lock = False, threading.Lock()
        self._thread = threading.Thread(target=self._run, args=(faces,), name="streamblur-render")
        self._thread.start()

    def told(self) -> dict[str, Any]:
        """How far it is, for the page."""
        passed = time.monotonic() - self._since[0]
        pace = (self._frames - self._since[1]) / passed if self._since[0] and passed > 0.3 else 0.0
        left = round((self._total - self._frames) / pace, 1) if pace > 0 and self._total else None
        about = {"state": self.state, "frames": self._frames, "total": self._total, "left": left}
        return about | ({"error": asdict(self.problem)} if self.problem.code else {})

    def cancel(self, reason: str = "cancelled") -> None:
        """Stop it; nothing of it is left, and what was there before stays."""
        with self._lock:
            self._stop = True
            if self._worker is not None:
                self._worker.kill(reason)

    def close(self) -> None:
        """Stop it, and wait until it has."""
        self.cancel("closing")
        self._thread.join()

    def _run(self, faces: bytes) -> None:
        try:
            with contextlib.closing(folders.Root(self._task.output.parent, PREFIX)) as root:
                problem = self._written(root.path, faces)
        except OSError as error:
            problem = Problem("unwritable", f"It cannot be written: {error.strerror}.")
        self.problem = problem or self.problem
        if problem is None and self._task.job is not None:
            self._office.rewritten(self._task.job, self._done)
        self.wrote = self.wrote or problem is None
        self.state = "done" if problem is None else "cancelled" if problem.code == "cancelled" else "failed"
        self._notify()

    def _written(self, folder: Path, faces: bytes) -> Problem | None:
        """Let a child write it, and put it in its place; what went wrong otherwise."""
        (folder / FACES).write_bytes(faces)
        source, output = self._task.source, self._task.output
        bounds = self._office.limits.bounds(max(4 * source.stat().st_size, 10**9), 24 * 3600)
        about = {"source": str(source), "output": output.name, "reads": [str(source)], "bounds": bounds}
        settings = asdict(self._task.settings)
        if (job := self._task.job) is not None:
            about["names"] = [job.name, job.saved_as]
        order = {"work": "render", "folder": str(folder), "settings": settings, **about}
        with self._lock:
            if self._stop:
                return Problem.of("cancelled")
            limit = time.monotonic() + self._office.limits.time
            worker = self._worker = Worker(self._office.how, order, limit, self._office.target)
        problem = self._heard(worker)
        if worker.close() != 0 or not self._done or problem is not None:
            return problem or Problem.of(worker.reason or "died")
        self._publish(folder)
        return None

    def _publish(self, folder: Path) -> None:
        """Put what the child wrote where it belongs. Raises OSError."""
        output, job = self._task.output, self._task.job
        places = {output.name: output}
        if job is not None:
            places |= {name: job.folder / name for name in REPORTS.values()}
        for name, place in places.items():
            with folders.plain(folder / name):  # a file, and no link to one
                os.replace(folder / name, place)
        umask = os.umask(0o077)
        os.umask(umask)
        with contextlib.suppress(OSError):
            output.chmod(0o666 & ~umask)

    def _heard(self, worker: Worker) -> Problem | None:
        problem = None
        for message in worker.messages():
            if "frames" in message:
                self._frames, self._total = int(message["frames"]), int(message.get("total") or 0)
                self._since = self._since if self._since[0] else (time.monotonic(), self._frames)
                self._notify()
            if "error" in message:
                problem = told(message, self._task.source)
            if "done" in message:
                self._done = message
        return problem

    def watch(self) -> None:
        """End a child that takes too long, too much, or stands still."""
        if (worker := self._worker) is not None and self.state == "running":
            self._office.watch(worker)
