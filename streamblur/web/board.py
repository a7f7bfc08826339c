"""The board: which jobs there are, whose they are, and what changed since somebody last looked."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from streamblur.web.jobs import OPEN, Job

_TOLD = 1000
"""Removed jobs that are remembered, to tell their owners."""
_PATIENCE = 5.0
"""Seconds without news after which it is found out whether anybody still listens."""
_PACE = 0.1


class Board:
    """All jobs. ``changed`` guards them, and is notified of every change."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.closing = threading.Event()
        self._jobs: dict[str, Job] = {}
        self._gone: deque[tuple[int, str, str]] = deque(maxlen=_TOLD)
        self._versions = itertools.count(1)

    def all(self) -> list[Job]:
        with self.changed:
            return list(self._jobs.values())

    def put(self, job: Job) -> None:
        """Add the job, or tell that it changed."""
        with self.changed:
            self._jobs[job.id] = job
            job.version = next(self._versions)
            self.changed.notify_all()

    def remove(self, job: Job) -> None:
        with self.changed:
            self._jobs.pop(job.id, None)
            self._gone.append((next(self._versions), job.id, job.owner))
            self.changed.notify_all()

    def has(self, job: Job) -> bool:
        with self.changed:
            return job.id in self._jobs

    def job(self, name: str, owner: str) -> Job | None:
        """The job of that id, if it is this owner's."""
        with self.changed:
            job = self._jobs.get(name)
            return job if job is not None and job.owner == owner else None

    def news(self, owner: str, since: int) -> tuple[int, list[dict[str, Any]]]:
        """What changed for this owner after version ``since``, and the version it is now."""
        with self.changed:
            found = [job for job in self._jobs.values() if job.owner == owner and job.version > since]
            told = [job.told() for job in sorted(found, key=lambda job: job.version)]
            gone = [(version, name) for version, name, whose in self._gone if whose == owner and version > since]
            latest = max([since, *(job.version for job in found), *(version for version, _ in gone)])
            return latest, told + [{"id": name, "state": "gone"} for _, name in gone]

    def stream(self, owner: str, name: str | None = None) -> Iterator[dict[str, Any] | None]:
        """Changes as they come, at most ten a second, of all jobs or one (then until it ends).

        None now and then, to find out whether anybody still listens.
        """
        since = 0
        while not self.closing.is_set():
            since, news = self.news(owner, since)
            wanted = [each for each in news if name is None or each["id"] == name]
            yield from wanted
            if name is not None and any(each["state"] not in OPEN for each in wanted):
                return
            with self.changed:
                if since == self.news(owner, since)[0]:
                    self.changed.wait(_PATIENCE)
            if not wanted:
                yield None
            time.sleep(_PACE)
