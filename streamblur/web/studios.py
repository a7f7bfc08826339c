"""The server's side of previews: a few children that keep a file open while somebody moves sliders."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from streamblur.web import folders
from streamblur.web.jobs import Job, Problem
from streamblur.web.office import Office
from streamblur.web.orders import order
from streamblur.web.workers import Worker

_PREVIEW_TIME = 30.0
"""Seconds that one may take."""
_FOREVER = 1e12


class _Studio:
    def __init__(self, job: Job, worker: Worker) -> None:
        self.job, self.worker = job, worker
        self.lock = threading.Lock()
        self.used = time.monotonic()
        self.busy = False
        self.gone: Callable[[], bool] = lambda: False


class Studios:
    """Previews of jobs. ``preview`` may be called from any thread."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._open: dict[str, _Studio] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        office.rounds.append(self._look_after)

    def preview(self, job: Job, request: dict[str, Any], gone: Callable[[], bool]) -> dict[str, Any] | Problem:
        """A covered picture as ``jpeg``, its ``faces`` and ``size``; or what went wrong. The child is ended, too, when
        who asked is ``gone``."""
        while not (gone() or self._office.closing.is_set()) and self._office.has(job):
            studio = self._studio(job)
            with studio.lock:
                if self._begun(studio, gone):
                    return self._ended(studio, request)
        return Problem.of("cancelled")

    def _begun(self, studio: _Studio, gone: Callable[[], bool]) -> bool:
        """Take a studio whose lock is held for one preview; False when it was closed meanwhile."""
        with self._lock:
            if self._open.get(studio.job.id) is not studio:
                return False
            studio.busy, studio.gone, studio.worker.heard_at = True, gone, time.monotonic()
            studio.worker.limit = time.monotonic() + _PREVIEW_TIME
            return True

    def _ended(self, studio: _Studio, request: dict[str, Any]) -> dict[str, Any] | Problem:
        name = f"preview-{next(self._numbers)}.jpg"
        answer = self._answer(studio, name, self._asked(studio, {**request, "name": name}))
        with self._lock:
            studio.busy, studio.used, studio.worker.limit = False, time.monotonic(), _FOREVER
            if isinstance(answer, Problem):
                self._close(studio)
        return answer

    def _asked(self, studio: _Studio, request: dict[str, Any]) -> dict[str, Any] | None:
        with contextlib.suppress(OSError):
            studio.worker.say(**request)
            while (message := studio.worker.heard()) is not None:
                if "fence" not in message:
                    return message
        return None

    def _answer(self, studio: _Studio, name: str, message: dict[str, Any] | None) -> dict[str, Any] | Problem:
        if message is None:
            return Problem.of(studio.worker.reason or "died")
        if "error" in message:
            return studio.job.problem_in(message)
        place = studio.job.folder / name
        try:
            with folders.plain(place) as file:
                jpeg = file.read(32 << 20)
            place.unlink()
        except OSError:
            return Problem.of("died")
        return {"jpeg": jpeg, "faces": message.get("faces", []), "size": message.get("size", [])}

    def _studio(self, job: Job) -> _Studio:
        with self._lock:
            studio = self._open.get(job.id)
            if studio is None:
                idle = sorted((s for s in self._open.values() if not s.busy), key=lambda s: s.used)
                for old in idle[: max(0, len(self._open) - self._office.limits.studios + 1)]:
                    self._close(old)
                worker = Worker(
                    self._office.how, order(job, "studio", self._office.limits), _FOREVER, self._office.target
                )
                studio = self._open[job.id] = _Studio(job, worker)
            return studio

    def _close(self, studio: _Studio) -> None:
        if self._open.get(studio.job.id) is studio:
            del self._open[studio.job.id]
        studio.worker.kill("idle")
        studio.worker.close()
        if not self._office.has(studio.job):
            folders.wipe(studio.job.folder)

    def _look_after(self) -> None:
        """Watch those at work; end those that nobody uses or waits for, or whose job is gone."""
        with self._lock:
            for studio in list(self._open.values()):
                there = self._office.has(studio.job)
                if studio.busy and (studio.gone() or not there):
                    studio.worker.kill("cancelled")
                elif studio.busy:
                    self._office.watch(studio.worker)
                elif not there or time.monotonic() - studio.used > self._office.limits.studio_idle:
                    self._close(studio)

    def close(self) -> None:
        """End all. May be called twice."""
        with self._lock:
            for studio in list(self._open.values()):
                self._close(studio)
