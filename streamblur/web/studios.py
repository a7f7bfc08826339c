"""The server's side of previews: a few children that keep a file open while somebody moves sliders."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import asdict
from typing import Any

from streamblur.settings import Settings
from streamblur.web import folders
from streamblur.web.jobs import Job, Problem
from streamblur.web.office import Office
from streamblur.web.orders import order
from streamblur.web.workers import Worker

_PREVIEW_TIME = 30.0
_FOREVER = 1e12


class _Studio:
    def __init__(self, job: Job, worker: Worker) -> None:
        self.job, self.worker = job, worker
        self.lock = threading.Lock()
        self.used = time.monotonic()
        self.busy = False


class Studios:
    """Previews of jobs. ``preview`` may be called from any thread."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._open: dict[str, _Studio] = {}
        self._lock = threading.Lock()
        self._count = 0
        office.rounds.append(self._look_after)

    def preview(self, job: Job, settings: Settings, time_at: float, edits: dict[str, Any]) -> dict[str, Any] | Problem:
        """A covered picture as ``jpeg``, its ``faces`` and ``size``; or what went wrong."""
        studio = self._studio(job)
        with studio.lock:
            self._count += 1
            name = f"preview-{self._count}.jpg"
            studio.busy, studio.worker.heard_at = True, time.monotonic()
            studio.worker.limit = time.monotonic() + _PREVIEW_TIME
            message = self._asked(studio, {"settings": asdict(settings), "time": time_at, "edits": edits, "name": name})
            studio.busy, studio.used, studio.worker.limit = False, time.monotonic(), _FOREVER
        answer = self._answer(job, name, message)
        if isinstance(answer, Problem):
            self._drop(studio)
        return answer

    def _asked(self, studio: _Studio, request: dict[str, Any]) -> dict[str, Any] | None:
        with contextlib.suppress(OSError):
            studio.worker.say(**request)
            while (message := studio.worker.heard()) is not None:
                if "fence" not in message:
                    return message
        return None

    def _answer(self, job: Job, name: str, message: dict[str, Any] | None) -> dict[str, Any] | Problem:
        if message is None:
            return Problem.of("died")
        if "error" in message:
            return job.problem_in(message)
        place = job.folder / name
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

    def _drop(self, studio: _Studio) -> None:
        with self._lock:
            self._close(studio)

    def _close(self, studio: _Studio) -> None:
        if self._open.get(studio.job.id) is studio:
            del self._open[studio.job.id]
        studio.worker.kill("idle")
        studio.worker.close()

    def _look_after(self) -> None:
        """Watch those at work; end those that nobody uses or whose job is gone."""
        with self._lock:
            studios = list(self._open.values())
        for studio in studios:
            idle = time.monotonic() - studio.used > self._office.limits.studio_idle
            if studio.busy:
                self._office.watch(studio.worker)
            elif idle or not self._office.has(studio.job):
                self._drop(studio)
            if not self._office.has(studio.job):
                studio.worker.kill("cancelled")
                folders.wipe(studio.job.folder)

    def close(self) -> None:
        """End all. May be called twice."""
        with self._lock:
            for studio in list(self._open.values()):
                self._close(studio)
