"""All reviews of a server: who may see which, and when they end."""

from __future__ import annotations

import threading

from streamblur.web.going_over import Open
from streamblur.web.jobs import Job
from streamblur.web.office import Office
from streamblur.web.tasks import Task


class Reviews:
    """All reviews of this server."""

    def __init__(self, office: Office) -> None:
        self._office, self._lock = office, threading.Lock()
        self._open: dict[str, Open] = {}
        office.rounds.append(self._look_after)

    def open(self, task: Task) -> Open:
        """Begin one."""
        opened = Open(self._office, task)
        with self._lock:
            self._open[opened.id] = opened
        return opened

    def all(self) -> list[Open]:
        with self._lock:
            return list(self._open.values())

    def _look_after(self) -> None:
        for each in self.all():
            each.look_after()
            if (job := each.task.job) is not None and (job.output != each.task.output or not self._office.has(job)):
                self._forget(each)

    def of(self, job: Job) -> Open:
        """The review of a finished recording; the one that there is, if there is one."""
        for each in self.all():
            if each.task.job is job and each.task.output == job.output and each.state != "failed":
                return each
        return self.open(Task(job.input, job.faces_file, job.output, job.settings, job))

    def _forget(self, opened: Open) -> None:
        with self._lock:
            self._open.pop(opened.id, None)
        opened.close()

    def find(self, name: str, owner: str) -> Open | None:
        """The review of that id, if it is this owner's."""
        with self._lock:
            found = self._open.get(name)
        return found if found is not None and (found.task.job is None or found.task.job.owner == owner) else None

    def close(self) -> None:
        """End all. May be called twice."""
        for each in self.all():
            each.close()
