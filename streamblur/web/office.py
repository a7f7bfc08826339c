"""The office: jobs wait in a bounded queue, a few run at a time, and what is old is wiped."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from streamblur.web import child, folders
from streamblur.web.board import Board
from streamblur.web.jobs import OPEN, Job, Problem
from streamblur.web.limits import Busy, Full, Limits
from streamblur.web.orders import order
from streamblur.web.workers import Target, Worker, context

_LOG = logging.getLogger(__name__)
_ROUND = 0.25
"""Seconds between two looks at limits and expiry."""


class Office(Board):
    """Runs jobs. Every method may be called from any thread."""

    def __init__(self, limits: Limits, root: folders.Root, target: Target = child.main, warm: str = "") -> None:
        super().__init__()
        self.limits, self.root, self.target = limits, root, target
        self.how = context((warm,) if warm else ("streamblur.web._warm",))
        self._orders, self._turns = itertools.count(1), itertools.count(1)
        self._served: dict[str, int] = {}
        self.rounds: list[Callable[[], None]] = [self._look_after]
        work = [threading.Thread(target=self._work, name=f"streamblur-job-{n}") for n in range(limits.workers)]
        self._threads = [*work, threading.Thread(target=self._keep, name="streamblur-keeper")]
        for thread in self._threads:
            thread.start()

    # What clients do.

    def check(self, owner: str, size: int = 0) -> None:
        """Raise Busy or Full when a job of ``size`` bytes could not be taken now."""
        with self.changed:
            waiting = [job for job in self.all() if job.state == "queued"]
            if len(waiting) >= self.limits.waiting or sum(j.owner == owner for j in waiting) >= self.limits.each:
                raise Busy(2 + len(waiting) // (4 * self.limits.workers))
            held = sum(job.bytes for job in self.all())
        if held + 2 * size > self.limits.store or self.root.free() - 2 * size < self.limits.spare:
            raise Full

    def take(self, job: Job) -> None:
        """Put a job whose input lies in its folder into the queue. Raises Busy or Full."""
        with self.changed:
            self.check(job.owner)
            if self.closing.is_set():
                raise Busy(5)
            job.order = next(self._orders)
            self.put(job)

    def again(self, job: Job, settings: Any, edits: dict[str, Any]) -> None:
        """Do a finished job once more, otherwise. Raises Busy; ValueError when it is not finished."""
        with self.changed:
            self.check(job.owner)
            if job.state != "done" or not self.has(job):
                raise ValueError(job.state)
            with contextlib.suppress(OSError):
                job.output.unlink()
            job.settings, job.edits, job.state, job.run = settings, edits, "queued", job.run + 1
            job.frames, job.pace, job.order = 0, (0.0, 0), next(self._orders)
            self.put(job)

    def rewritten(self, job: Job, message: child.Message) -> None:
        """A review has replaced its result; ``message`` is what its child said of it."""
        with self.changed, contextlib.suppress(TypeError, ValueError, OverflowError):
            job.hears(message)
            if self.has(job):
                job.wrote += 1
                self.put(job)

    def forget(self, job: Job, reason: str = "cancelled") -> None:
        """Stop it if it runs, wipe what it had, and know it no more."""
        with self.changed:
            self.remove(job)
            worker = job.worker
        if worker is not None:
            worker.kill(reason)  # its thread wipes the folder when the process has ended
        else:
            folders.wipe(job.folder)

    def close(self) -> None:
        """Kill what runs, end the threads, wipe everything. May be called twice."""
        self.closing.set()
        with self.changed:
            for job in self.all():
                self.forget(job, "closing")
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()
        self.root.close()

    # What its own threads do.

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._run(job)
            except Exception as error:  # a thread that ended here would be missed for good
                if (worker := job.worker) is not None:
                    worker.kill("bug")
                    worker.close()
                self._ended(job, Problem.of("bug"))
                _LOG.error("job failed", exc_info=error)

    def _next(self) -> Job | None:
        """The oldest job of the owner whose last turn is longest ago; None when the office closes."""
        with self.changed:
            while not self.closing.is_set():
                queued = [job for job in self.all() if job.state == "queued"]
                if queued:
                    job = min(queued, key=lambda job: (self._served.get(job.owner, 0), job.order))
                    present = {each.owner for each in self.all()}
                    self._served = {owner: turn for owner, turn in self._served.items() if owner in present}
                    self._served[job.owner] = next(self._turns)
                    job.state, job.started = "running", time.monotonic()
                    self.put(job)
                    return job
                self.changed.wait(1)
        return None

    def _run(self, job: Job) -> None:
        worker = Worker(
            self.how,
            order(job, job.work, self.limits),
            time.monotonic() + self.limits.allowed(job.kind.photo),
            self.target,
        )
        with self.changed:
            job.worker = worker
            if not self.has(job):
                worker.kill("cancelled")
        job.summary = job.problem = None
        for message in worker.messages():
            with self.changed, contextlib.suppress(TypeError, ValueError, OverflowError):
                job.hears(message)
                if self.has(job):
                    self.put(job)
        code = worker.close()
        problem = Problem.of(worker.reason) if worker.reason else job.problem
        if problem is None and (job.summary is None or code != 0):
            problem = Problem.of("died")
        self._ended(job, problem)

    def _ended(self, job: Job, problem: Problem | None) -> None:
        with self.changed:
            job.worker, job.ended, job.problem = None, time.monotonic(), problem
            with contextlib.suppress(OSError):
                job.bytes = sum(file.stat().st_size for file in job.folder.iterdir())
            job.state = "failed" if problem else "done"
            known = self.has(job)
            if problem or not known:
                folders.wipe(job.folder)
                job.bytes = 0
            if known:
                self.put(job)
            self.changed.notify_all()

    def _keep(self) -> None:
        while not self.closing.wait(_ROUND):
            for each in self.rounds:
                each()

    def _look_after(self) -> None:
        now = time.monotonic()
        for job in self.all():
            if (worker := job.worker) is not None:
                self.watch(worker)
            elif job.state not in OPEN and now - job.ended > self.limits.expiry:
                self.forget(job)

    def watch(self, worker: Worker) -> None:
        """Kill a child that takes too long, too much, or stands still."""
        now = time.monotonic()
        if now > worker.limit:
            worker.kill("time")
        elif now - worker.heard_at > self.limits.silence:
            worker.kill("silence")
        elif worker.memory() > self.limits.memory:
            worker.kill("memory")

    def waited(self, job: Job, gone: Callable[[], bool]) -> bool:
        """Wait until the job has ended; False when ``gone`` (the client hung up) comes first."""
        with self.changed:
            while job.state in OPEN and self.has(job):
                if gone() or self.closing.is_set():
                    return False
                self.changed.wait(0.25)
        return True
