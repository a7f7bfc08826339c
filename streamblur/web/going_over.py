"""One review: a recording that somebody goes over, the child that reads it, the result that is written.

The server opens neither the recording nor its faces: it hands the faces file into the child's folder, and copies what
the child made of it back, whole, after every change. The recording stays where it is and is only ever read.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamblur.errors import OutputError
from streamblur.faces.file import LARGEST, write_whole
from streamblur.web import folders
from streamblur.web.arriving import Refused
from streamblur.web.jobs import Problem
from streamblur.web.names import FACES
from streamblur.web.office import Office
from streamblur.web.readers import Message, Reader
from streamblur.web.renderings import Rendering
from streamblur.web.tasks import Task

LONGEST_EDIT, LONGEST_FRAME = 600.0, 60.0
"""Seconds that following a drawn box, and showing a frame, may take."""


class Open:
    """One review. Every method may be called from any thread."""

    def __init__(self, office: Office, task: Task) -> None:
        self.task, self.id = task, secrets.token_urlsafe(24)
        self._office, self._folder = office, office.root.folder()
        self._reader = Reader(office, task.source, self._folder, task.settings)
        self._mark: Any = None
        self._editing, self.changed = threading.Lock(), threading.Condition(threading.RLock())
        self.state, self.problem = "opening", Problem("", "")
        self.version = self.edited = 0
        self.progress: Message = {}
        self.following: tuple[int, ...] = ()
        self.rendering: Rendering | None = None
        self.closed = threading.Event()
        self._thread = threading.Thread(target=self._begin, name="streamblur-review")
        self._thread.start()

    def _begin(self) -> None:
        """Open it, which may mean to look for faces first."""
        try:
            found = self.task.place.exists()
            if found:
                (self._folder / FACES).write_bytes(self.task.place.read_bytes())
            self._mark = _mark(self.task.place)
            problem = self._reader.begin(self._office.limits.time, self._moves)
            if problem is None and not found:
                self._publish()
        except OSError as error:
            problem = Problem("unreadable", f"{self.task.place.name} cannot be read: {error.strerror}.")
        except Refused as error:
            problem = Problem(error.code, error.message)
        self.state, self.problem = ("ready", self.problem) if problem is None else ("failed", problem)
        self.notify()

    def _moves(self, progress: Message) -> None:
        self.progress = progress
        self.notify()

    # --- what its page asks

    def asked(self, request: Message, limit: float, *following: Callable[[int, int], None]) -> tuple[Message, bytes]:
        """What the child answers. Raises Refused."""
        if self.state != "ready":
            raise Refused(409, "state", "It is not open yet.")
        if self.task.job is not None:  # not wiped while somebody is at it
            self.task.job.ended = time.monotonic()
        return self._reader.ask(request, limit, *following)

    def edit(self, edit: Message) -> tuple[Message, bytes]:
        """Change something, and save it. Raises Refused."""
        with self._editing:
            if self.state == "ready" and _mark(self.task.place) != self._mark:
                raise Refused(409, "changed", f"{self.task.place.name} was changed by another program: open it again.")
            try:
                answer = self.asked({"edit": edit}, LONGEST_EDIT, self._follows)
                self._publish()
                self.edited += 1
            finally:
                self.following = ()
                self.notify()
        return answer

    def _follows(self, done: int, total: int) -> None:
        self.following = (done, total)
        self.notify()

    def stop(self) -> None:
        """End the following of a drawn box, if one is being followed."""
        if self.following:
            self._reader.stop()

    def render(self, replace: bool) -> None:
        """Begin to write the result. Raises Refused, also when something is there that may not be replaced."""
        with self._editing:
            before = self.rendering
            if self.state != "ready" or (before is not None and before.state == "running"):
                raise Refused(409, "state", "It is being written already, or not open yet.")
            mine = self.task.job is not None or (before is not None and before.wrote)
            if self.task.output.exists() and not (replace or mine):
                raise Refused(409, "exists", f"{self.task.output.name} is there already.")
            self.rendering = Rendering(self._office, self.task, self._saved(), self.notify, mine)
        self.notify()

    def told(self) -> Message:
        """How far it is, for its page."""
        about: Message = {"id": self.id, "state": self.state, "edited": self.edited, "progress": self.progress}
        about |= self.task.told() | {"following": self.following}
        if self.rendering is not None:
            about["render"] = self.rendering.told()
        if self.problem.code:
            about["error"] = asdict(self.problem)
        return about

    def stream(self) -> Iterator[Message | None]:
        """``told`` whenever it changed; None now and then."""
        last = -1
        while not (self.closed.is_set() or self._office.closing.is_set()):
            with self.changed:
                news = self.version != last or self.changed.wait(1.0)
                last, told = self.version, self.told() if news else None
            yield told
            time.sleep(0.1)

    def notify(self) -> None:
        """Tell all pages that something changed."""
        with self.changed:
            self.version += 1
            self.changed.notify_all()

    # --- the faces file

    def _saved(self) -> bytes:
        """As the child left it. Raises Refused."""
        try:
            with folders.plain(self._folder / FACES) as opened:
                return opened.read(LARGEST)
        except OSError as error:
            raise Refused(500, "died", "The faces file is gone: open the recording again.") from error

    def _publish(self) -> None:
        """Write it where its owner keeps it, whole or not at all. Raises Refused."""
        try:
            write_whole(self._saved(), self.task.place, force=True)
        except OutputError as error:
            raise Refused(507, "unwritable", str(error)) from error
        self._mark = _mark(self.task.place)

    def look_after(self) -> None:
        """Keep its children within their limits."""
        self._reader.look_after()
        if (rendering := self.rendering) is not None:
            rendering.watch()

    def close(self) -> None:
        """End everything. The faces file and finished results stay. May be called twice."""
        self.closed.set()
        if (rendering := self.rendering) is not None:
            rendering.close()
        self._reader.close()
        self.notify()
        self._thread.join()
        folders.wipe(self._folder)


def _mark(place: Path) -> Any:
    """Something that is another when a file was written anew."""
    try:
        about = place.stat()
    except OSError:
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns
