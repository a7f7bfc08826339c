"""The live tab: this computer's camera through the engine, as a stream of JPEGs (multipart/x-mixed-replace).

The camera is opened by a child, on a click, and given back when the page is left: nobody watches for two seconds.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec

from flask import Blueprint, Response, abort, current_app, g, jsonify, request

from streamblur.settings import Settings
from streamblur.web import asked, folders
from streamblur.web.arriving import Refused
from streamblur.web.jobs import without_paths
from streamblur.web.office import Office
from streamblur.web.workers import Worker

live = Blueprint("live", __name__)
BOUNDARY = "frame"
_PATIENCE = 3.0
"""Seconds without anybody watching after which the camera is given back."""
_OPENING = 20.0
"""Seconds that a camera may take to show its first frame."""
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
        self.watched = time.monotonic() + _OPENING
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

    def ready(self) -> bool:
        """Wait for the first frame; False when there will be none, or not in time."""
        with self.changed:
            self.changed.wait_for(lambda: self.number or self.problem, _OPENING)
            self.watched = time.monotonic()
            return self.number > 0

    def frames(self) -> Iterator[bytes]:
        """Each new frame until the camera ends; slow watchers miss some."""
        last = 0
        while True:
            with self.changed:
                self.watched = time.monotonic()
                while self.number == last:
                    if not self.changed.wait(_PATIENCE):
                        return
                if self.number < 0:
                    return
                last, frame = self.number, self.latest
            yield frame

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

    def there(self) -> bool:
        """Whether this build can take pictures from a camera."""
        return find_spec("streamblur.live") is not None

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
        camera = self._open
        if camera is not None and (time.monotonic() - camera.watched > _PATIENCE or camera.number < 0):
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


@live.post("/api/live")
def start() -> tuple[Response, int]:
    """Open the camera."""
    cameras: Cameras = current_app.config["CAMERAS"]
    said = asked.read(request.get_data(as_text=True))
    settings, device = asked.settings(said.get("settings")), str(said.get("device", "0"))
    if not cameras.there():
        raise Refused(501, "missing", "This build of streamblur cannot use a camera.")
    if not device.isdecimal() or len(device) > 2:
        raise Refused(400, "settings", "device is the number of a camera.")
    camera = cameras.start(g.owner, settings, device)
    if not camera.ready():
        cameras.stop(camera)
        raise Refused(422, "camera", camera.problem or "The camera shows no picture.")
    return jsonify(id=camera.id), 201


@live.get("/api/live/<name>")
def watch(name: str) -> Response:
    """Its frames, every one covered before it leaves the engine."""
    camera = _mine(name)
    gone = request.environ.get("waitress.client_disconnected", lambda: False)

    def parts() -> Iterator[bytes]:
        for frame in camera.frames():
            if gone():
                return
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(frame)}\r\n\r\n"
            yield head.encode() + frame + b"\r\n"

    return Response(parts(), mimetype=f"multipart/x-mixed-replace; boundary={BOUNDARY}")


@live.post("/api/live/<name>/panic")
def panic(name: str) -> tuple[str, int]:
    """Hide all of it at once, or no more."""
    _mine(name).panic(asked.read(request.get_data(as_text=True)).get("on") is not False)
    return "", 204


@live.delete("/api/live/<name>")
def stop(name: str) -> tuple[str, int]:
    """Give the camera back."""
    cameras: Cameras = current_app.config["CAMERAS"]
    cameras.stop(_mine(name))
    return "", 204


def _mine(name: str) -> Camera:
    cameras: Cameras = current_app.config["CAMERAS"]
    camera = cameras.mine(name, g.owner)
    if camera is None:
        abort(404)
    return camera
