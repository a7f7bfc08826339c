"""The camera of the live tab, at most one at a time: opened by a child on a click, given back when nobody watches."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict

from streamblur.settings import Settings
from streamblur.web import folders
from streamblur.web.arriving import Refused
from streamblur.web.jobs import without_paths
from streamblur.web.office import Office
from streamblur.web.workers import Worker

_OPENING = 20.0
"""Seconds that a camera may take to show its first frame."""
_PATIENCE = 5.0
"""Seconds that it may take to show another one, and that a page may take to begin to watch."""
_LEFT = 0.5
"""Seconds after which the camera is given back when the last one who watched is gone."""
_GLANCE = 0.25
"""Seconds between two looks at whether somebody is still there."""
_FOREVER = 1e12


class Camera:
    """One running camera. ``latest`` is the newest covered frame as JPEG."""

    def __init__(self, office: Office, owner: str, settings: Settings, device: str) -> None:
        self.id, self.owner = secrets.token_urlsafe(24), owner
        self.folder = office.root.folder()
        bounds = office.limits.bounds(1 << 20, 24 * 3600)
        order = {"work": "live", "folder": str(self.folder), "settings": asdict(settings), "bounds": bounds}
        self.worker = Worker(office.how, order | {"device": device}, _FOREVER, office.target)
        self.changed = threading.Condition()
        self._office, self._watchers, self._until = office, 0, time.monotonic() + 2 * _OPENING
        self.latest, self.number, self.problem = b"", 0, ""
        self._thread = threading.Thread(target=self._hear, name="streamblur-camera")
        self._thread.start()

    def _hear(self) -> None:
        """Take frames from the child as they come; the newest one counts."""
        while (piece := self.worker.piece()) is not None:
            with self.changed:
                if piece.startswith(b"\xff\xd8"):
                    self.latest, self.number = piece, self.number + 1
                else:
                    self.problem = self.problem or _problem(piece)
                self.changed.notify_all()
        with self.changed:
            self.number = -1
            self.changed.notify_all()

    def ready(self, gone: Callable[[], bool]) -> bool:
        """Wait for the first frame; False when there will be none, not in time, or who wants it is ``gone``."""
        shown = self._after(0, _OPENING, gone) is not None
        self._until = time.monotonic() + _PATIENCE
        return shown

    def frames(self, gone: Callable[[], bool]) -> Generator[bytes, None, None]:
        """Each new frame until the camera ends or stands still, or who watches is ``gone``; slow ones miss some."""
        with self._watched():
            last = 0
            while (newer := self._after(last, _PATIENCE, gone)) is not None:
                last, frame = newer
                yield frame

    def _after(self, last: int, seconds: float, gone: Callable[[], bool]) -> tuple[int, bytes] | None:
        """The newest frame when it is another than the one of number ``last``; None when none comes."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while self.number == last and not self.problem:
                if gone() or time.monotonic() > deadline:
                    return None
                self.changed.wait(_GLANCE)
            return (self.number, self.latest) if self.number > last else None

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        with self.changed:
            self._watchers += 1
        try:
            yield
        finally:
            with self.changed:
                self._watchers, self._until = self._watchers - 1, time.monotonic() + _LEFT

    def look_after(self) -> bool:
        """Keep its child within the limits; whether it is still running and watched."""
        self._office.watch(self.worker)
        with self.changed:
            return self.number >= 0 and (self._watchers > 0 or time.monotonic() < self._until)

    def panic(self, on: bool) -> None:
        """Hide all of the picture, or show again what may be shown."""
        with contextlib.suppress(OSError):
            self.worker.say(panic=on)

    def close(self) -> None:
        """Give the camera back."""
        self.worker.kill("idle")
        self._thread.join()
        self.worker.close()
        folders.wipe(self.folder)


class Cameras:
    """At most one camera at a time."""

    def __init__(self, office: Office) -> None:
        self._office, self._lock = office, threading.Lock()
        self._open: Camera | None = None
        office.rounds.append(self._look_after)

    def start(self, owner: str, settings: Settings, device: str) -> Camera:
        """Open the camera; one that somebody else watches stays theirs (Refused)."""
        with self._lock:
            if self._open is not None and self._open.owner != owner:
                raise Refused(409, "camera", "Somebody else is using the camera.")
            if self._open is not None:
                self._open.close()
            self._open = Camera(self._office, owner, settings, device)
            return self._open

    def mine(self, name: str, owner: str) -> Camera | None:
        camera = self._open
        return camera if camera is not None and camera.id == name and camera.owner == owner else None

    def stop(self, camera: Camera) -> None:
        with self._lock:
            if self._open is camera:
                self._open = None
        camera.close()

    def _look_after(self) -> None:
        if (camera := self._open) is not None and not camera.look_after():
            self.stop(camera)

    def close(self) -> None:
        if (camera := self._open) is not None:
            self.stop(camera)


def _problem(piece: bytes) -> str:
    """What a child says went wrong; empty when it says something else."""
    try:
        return without_paths(str(json.loads(piece).get("error", "")))[:300]
    except (ValueError, AttributeError):
        return ""
