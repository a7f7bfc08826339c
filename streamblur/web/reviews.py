"""The server's side of reviews: which recordings somebody goes over, each with a child that reads it.

The server opens neither the recording nor its faces: it hands the faces file into the child's folder, and copies what
the child made of it back, whole, after every change. The recording stays where it is and is only ever read.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from streamblur.faces.file import LARGEST, write_whole
from streamblur.settings import Settings
from streamblur.web import folders
from streamblur.web.arriving import Refused
from streamblur.web.jobs import Problem, without_paths
from streamblur.web.office import Office
from streamblur.web.renderings import Rendering
from streamblur.web.workers import Worker

FACES = "faces.json"
LONGEST_EDIT, LONGEST_FRAME = 600.0, 60.0
"""Seconds that following a drawn box, and showing a frame, may take."""
IDLE = 900.0
"""Seconds without a request after which a child ends; the next request starts another."""
_FOREVER = 1e12
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """What to go over: an input that its owner named (absolute, as are all places), its faces file (which may not be
    there yet), where the result goes, and how faces are found and hidden. Without ``owner`` it is for whoever knows
    its id."""

    source: Path
    place: Path
    output: Path
    settings: Settings
    owner: str = ""


class Open:
    """One review. ``told`` is what its page may know; every method may be called from any thread."""

    def __init__(self, office: Office, task: Task) -> None:
        self.task, self.id = task, secrets.token_urlsafe(24)
        self._office, self._folder = office, office.root.folder()
        self._asking, self.changed = threading.Lock(), threading.Condition(threading.RLock())
        self._worker: Worker | None = None
        self._used, self._busy, self._mark = time.monotonic(), False, _mark(task.place)
        self.state, self.problem, self.version, self.edited = "opening", Problem("", ""), 0, 0
        self.progress: Message = {}
        self.rendering: Rendering | None = None
        self.closed = threading.Event()
        self._thread = threading.Thread(target=self._begin, name="streamblur-review")
        self._thread.start()

    # --- what its page asks

    def asked(self, request: Message, limit: float) -> tuple[Message, bytes]:
        """What the child answers. Raises Refused."""
        with self._asking:
            if self.state != "ready":
                raise Refused(409, "state", "It is not open yet.")
            if self._worker is None and (problem := self._started()) is not None:
                raise Refused(422, problem.code, problem.message)
            worker = self._worker
            assert worker is not None
            worker.limit, self._busy = time.monotonic() + limit, True
            try:
                return self._answer(worker, request)
            finally:
                worker.limit, self._busy, self._used = _FOREVER, False, time.monotonic()

    def edit(self, edit: Message) -> tuple[Message, bytes]:
        """Change something, and save it. Raises Refused."""
        if _mark(self.task.place) != self._mark:
            raise Refused(409, "changed", f"{self.task.place.name} was changed by another program: open it again.")
        answer = self.asked({"edit": edit}, LONGEST_EDIT)
        self._publish()
        self.edited += 1
        self.notify()
        return answer

    def render(self, replace: bool) -> None:
        """Begin to write the result. Raises Refused, also when something is there that may not be replaced."""
        with self.changed:
            if self.state != "ready" or (self.rendering is not None and self.rendering.state == "running"):
                raise Refused(409, "state", "It is being written already, or not open yet.")
            mine = self.rendering is not None and self.rendering.wrote
            if self.task.output.exists() and not (replace or mine):
                raise Refused(409, "exists", f"{self.task.output.name} is there already.")
            faces = self._saved()
            self.rendering = Rendering(self._office, self.task, faces, self.notify, mine)
        self.notify()

    def told(self) -> Message:
        """How far it is."""
        about: Message = {"id": self.id, "name": self.task.source.name, "state": self.state, "edited": self.edited}
        about |= {"faces": self.task.place.name, "output": self.task.output.name, "progress": self.progress}
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
                waited = self.version != last or self.changed.wait(1.0)
                last, told = self.version, self.told() if waited else None
            yield told
            time.sleep(0.1)

    def notify(self) -> None:
        with self.changed:
            self.version += 1
            self.changed.notify_all()

    # --- the child

    def _begin(self) -> None:
        """Open it, which may mean to look for faces first."""
        with self._asking:
            problem = self._started(time.monotonic() + self._office.limits.time)
            if problem is None and not self.task.place.exists():
                try:
                    self._publish()
                except Refused as error:
                    problem = Problem(error.code, error.message)
        self.state, self.problem = ("ready", self.problem) if problem is None else ("failed", problem)
        self.notify()

    def _started(self, limit: float = _FOREVER) -> Problem | None:
        """Start a child and hear it until it is ready; what went wrong otherwise."""
        try:
            if not (self._folder / FACES).exists() and self.task.place.exists():
                (self._folder / FACES).write_bytes(self.task.place.read_bytes())
        except OSError as error:
            return Problem("unreadable", f"{self.task.place.name} cannot be read: {error.strerror}.")
        bounds = self._office.bounds(LARGEST, 24 * 3600)
        about = {"source": str(self.task.source), "reads": [str(self.task.source)], "bounds": bounds}
        order = {"work": "review", "folder": str(self._folder), "settings": asdict(self.task.settings), **about}
        worker = self._worker = Worker(self._office.how, order, limit, self._office.target)
        if self.closed.is_set():
            worker.kill("closing")
        for message in worker.messages():
            if message.get("ready"):
                worker.limit = _FOREVER
                return None
            if "error" in message:
                return self._failed(worker, self._problem(message))
            if "frames" in message:
                self.progress = {name: int(message.get(name) or 0) for name in ("frames", "total", "faces")}
                self.notify()
        return self._failed(worker, Problem.of(worker.reason or "died"))

    def _failed(self, worker: Worker, problem: Problem) -> Problem:
        worker.close()
        self._worker = None
        return problem

    def _answer(self, worker: Worker, request: Message) -> tuple[Message, bytes]:
        message = piece = None
        with contextlib.suppress(OSError):
            worker.say(**request)
            message = worker.heard()
            if message is not None and "error" in message and message.get("kind", "").endswith("Error"):
                raise Refused(422, "edit", self._problem(message).message)
            piece = None if message is None or "error" in message else worker.piece()
        if message is None or piece is None:
            problem = self._failed(worker, Problem.of(worker.reason or "died"))
            raise Refused(500, problem.code, problem.message)
        return message, piece

    def _problem(self, message: Message) -> Problem:
        kind, text = str(message.get("kind")), str(message["error"])
        if not (kind.endswith("Error") and text):
            return Problem.of(kind)
        for place in (self.task.source, self.task.place, self.task.output):
            text = text.replace(str(place), place.name)
        return Problem("unreadable", without_paths(text)[:400])

    def _saved(self) -> bytes:
        """The faces file as the child left it. Raises Refused."""
        try:
            with folders.plain(self._folder / FACES) as opened:
                return opened.read(LARGEST)
        except OSError as error:
            raise Refused(500, "died", "The faces file is gone: open the recording again.") from error

    def _publish(self) -> None:
        """Write the child's faces file where its owner keeps it, whole or not at all. Raises Refused."""
        from streamblur.errors import OutputError

        try:
            write_whole(self._saved(), self.task.place, force=True)
        except OutputError as error:
            raise Refused(507, "unwritable", str(error)) from error
        self._mark = _mark(self.task.place)

    def look_after(self) -> None:
        """End a child that takes too long or too much, or that nobody asks anything."""
        worker, now = self._worker, time.monotonic()
        if worker is None:
            return
        if now > worker.limit:
            worker.kill("time")
        elif worker.memory() > self._office.limits.memory:
            worker.kill("memory")
        elif now - self._used > IDLE and self.state == "ready" and self._asking.acquire(blocking=False):
            try:
                self._failed(worker, Problem.of("idle"))
            finally:
                self._asking.release()

    def close(self) -> None:
        """End everything. The faces file and finished results stay. May be called twice."""
        self.closed.set()
        if (rendering := self.rendering) is not None:
            rendering.close()
        if (worker := self._worker) is not None:
            worker.kill("closing")
        self.notify()
        self._thread.join()
        with self._asking:
            if self._worker is not None:
                self._failed(self._worker, Problem.of("closing"))
        folders.wipe(self._folder)


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

    def find(self, name: str, owner: str) -> Open | None:
        """The review of that id, if it is this owner's."""
        with self._lock:
            found = self._open.get(name)
        return found if found is not None and found.task.owner in ("", owner) else None

    def _look_after(self) -> None:
        with self._lock:
            all_open = list(self._open.values())
        for each in all_open:
            each.look_after()

    def close(self) -> None:
        """End all. May be called twice."""
        with self._lock:
            all_open, self._open = list(self._open.values()), {}
        for each in all_open:
            each.close()
