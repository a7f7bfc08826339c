"""The live tab: this computer's camera through the engine, as a stream of JPEGs (multipart/x-mixed-replace)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from flask import Blueprint, Response, abort, current_app, g, jsonify, request

from streamblur.web import asked, sending
from streamblur.web.arriving import Refused
from streamblur.web.cameras import Camera, Cameras

live = Blueprint("live", __name__)
BOUNDARY = "frame"


@live.post("/api/live")
def start() -> tuple[Response, int]:
    """Open the camera."""
    cameras: Cameras = current_app.config["CAMERAS"]
    said = asked.read(request.get_data(as_text=True))
    settings, device = asked.settings(said.get("settings")), str(said.get("device", "0"))
    if not device.isdecimal() or len(device) > 2:
        raise Refused(400, "settings", "device is the number of a camera.")
    camera = cameras.start(g.owner, settings, device)
    if not camera.ready(sending.hung_up()):
        cameras.stop(camera)
        raise Refused(422, "camera", camera.problem or "The camera shows no picture.")
    return jsonify(id=camera.id), 201


@live.get("/api/live/<name>")
def watch(name: str) -> Response:
    """Its frames, every one covered before it leaves the engine."""
    camera, gone = _mine(name), sending.hung_up()

    def parts() -> Iterator[bytes]:
        with contextlib.closing(camera.frames(gone)) as frames:
            for frame in frames:
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
