"""What the page of a review can ask; ``openapi.json`` beside this file describes it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, request

from streamblur.errors import SettingsError
from streamblur.web import asked, names, sending
from streamblur.web.arriving import Refused
from streamblur.web.going_over import LONGEST_EDIT, LONGEST_FRAME, Open
from streamblur.web.reviews import Reviews
from streamblur.web.routes import mine

reviews = Blueprint("reviews", __name__)
MOST = 1 << 31
"""Frames and ids."""
SIDES = range(160, 2001)
"""The longest side of a frame that is shown, in pixels."""
EDITS: dict[str, tuple[str, ...]] = {
    "keep": ("track",),
    "cover": ("track",),
    "split": ("track", "frame"),
    "join": ("track", "other"),
    "stretch": ("track", "frame"),
    "draw": ("frame", "box"),
    "box": ("start", "end", "box"),
    "undo": (),
    "redo": (),
}


def found(name: str) -> Open:
    """The review of that id; 404 when it is not for this client."""
    all_open: Reviews = current_app.config["REVIEWS"]
    opened = all_open.find(name, g.owner)
    if opened is None:
        abort(404)
    return opened


@reviews.post("/api/jobs/<name>/review")
def begin(name: str) -> tuple[Response, int]:
    """Go over the faces of a finished recording."""
    job, all_open = mine(name), current_app.config["REVIEWS"]
    if job.state != "done" or job.kind.photo:
        raise Refused(409, "state", "Only a finished recording can be gone over.")
    return jsonify(all_open.of(job).told()), 201


@reviews.get("/api/reviews/<name>")
def show(name: str) -> Response:
    """How far it is."""
    return jsonify(found(name).told())


@reviews.get("/api/reviews/<name>/events")
def events(name: str) -> Response:
    """How far it is, whenever that changes, as server-sent events."""
    return sending.events(found(name).stream(), g.owner)


@reviews.get("/api/reviews/<name>/tracks")
def tracks(name: str) -> Response:
    """Lanes, doubtful spots, the clock."""
    return _overview(*found(name).asked({}, LONGEST_EDIT))


@reviews.get("/api/reviews/<name>/frames/<int:number>")
def frame(name: str, number: int) -> Response:
    """One frame as JPEG, hidden as it stands, and in the header X-Faces where its faces are."""
    longest = request.args.get("longest", 1280, int)
    if longest not in SIDES or number >= MOST:
        raise SettingsError(f"longest is a number of pixels from {SIDES[0]} to {SIDES[-1]}.")
    original = request.args.get("original") == "1"
    said, jpeg = found(name).asked({"frame": number, "longest": longest, "original": original}, LONGEST_FRAME)
    answer = Response(jpeg, mimetype="image/jpeg")
    answer.headers["X-Faces"] = _numbers(said.get("faces"))
    answer.headers["X-Frame"] = str(int(said.get("frame") or 0))
    return answer


@reviews.post("/api/reviews/<name>/edits")
def edit(name: str) -> Response:
    """Change something; everything as it stands then. It is saved already."""
    said = checked(asked.read(request.get_data(as_text=True)))
    return _overview(*found(name).edit(said))


@reviews.delete("/api/reviews/<name>/edits")
def stop(name: str) -> tuple[str, int]:
    """Stop following the box that was drawn last; it is not added then."""
    found(name).stop()
    return "", 204


@reviews.post("/api/reviews/<name>/render")
def render(name: str) -> tuple[Response, int]:
    """Write the result."""
    opened = found(name)
    opened.render(asked.read(request.get_data(as_text=True)).get("replace") is True)
    return jsonify(opened.told()), 202


@reviews.delete("/api/reviews/<name>/render")
def cancel(name: str) -> tuple[str, int]:
    """Stop writing it."""
    if (rendering := found(name).rendering) is not None:
        rendering.cancel()
    return "", 204


@reviews.get("/api/reviews/<name>/result")
def result(name: str) -> Response:
    """The recording as it was written last."""
    opened = found(name)
    if opened.rendering is None or not opened.rendering.wrote:
        raise Refused(409, "state", "It is not written yet.")
    job = opened.task.job
    mime = "application/octet-stream" if job is None else job.kind.mime
    saved_as = names.shown(opened.task.told()["output"], "result")
    return sending.file(opened.task.output, mime, names.disposition(saved_as))


def checked(said: dict[str, Any]) -> dict[str, Any]:
    """An edit of which every part is what it should be. Raises SettingsError."""
    do = str(said.get("do"))
    if do not in EDITS or set(said) != {"do", *EDITS[do]}:
        raise SettingsError(f"An edit is one of {', '.join(EDITS)}, with what belongs to it.")
    for name in EDITS[do]:
        if name == "box":
            asked.box(said["box"])
        elif type(said[name]) is not int or not 0 <= said[name] < MOST:
            raise SettingsError(f"{name} is a whole number from 0 on.")
    return {"do": do, **{name: said[name] for name in EDITS[do]}}


def _overview(said: dict[str, Any], packed: bytes) -> Response:
    """What the child packed goes on as it is; the server reads none of it."""
    answer = Response(packed, mimetype="application/json", headers={"Content-Encoding": "gzip"})
    answer.headers["X-Track"] = str(said["track"]) if type(said.get("track")) is int else ""
    return answer


def _numbers(found: Any) -> str:
    """Rows of numbers for a header; the child may say anything."""
    rows = found if isinstance(found, list) else []
    return "[" + ",".join(f"[{','.join(f'{float(n):g}' for n in row)}]" for row in rows) + "]"
