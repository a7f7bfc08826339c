"""What the page and scripts can ask about jobs; ``openapi.json`` beside this file describes it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, request

from streamblur.errors import SettingsError
from streamblur.settings import Settings
from streamblur.web import archive, asked, names, sending
from streamblur.web.arriving import Refused, drop, job_from
from streamblur.web.guard import REPORT_POLICY, problem
from streamblur.web.jobs import Job, Problem
from streamblur.web.limits import Busy, Full
from streamblur.web.office import Office
from streamblur.web.studios import Studios

jobs = Blueprint("jobs", __name__)
_STATUS = {
    "unreadable": 422, "settings": 400, "missing": 501, "memory": 422, "time": 422, "silence": 422, "cancelled": 409,
}  # fmt: skip


def office() -> Office:
    found: Office = current_app.config["OFFICE"]
    return found


def mine(name: str) -> Job:
    """The job of that id; 404 when it is not this client's."""
    job = office().job(name, g.owner)
    if job is None:
        abort(404)
    return job


@jobs.app_errorhandler(Refused)
def refused(error: Refused) -> Response:
    drop()
    return problem(error.status, error.code, error.message)


@jobs.app_errorhandler(Busy)
def busy(error: Busy) -> Response:
    return problem(429, "busy", "Too many files are waiting: try again in a moment.", error.after)


@jobs.app_errorhandler(Full)
def full(_error: Full) -> Response:
    return problem(507, "full", "There is no room left on the disk: remove results that you have saved.")


@jobs.teardown_app_request
def tidy(_error: BaseException | None) -> None:
    drop()


def taken(work: str, field: str) -> Job:
    """The file of this request, in the queue."""
    office().check(g.owner, request.content_length or 0)
    job = job_from(request, field, work)
    office().take(job)
    g.pop("folder")
    return job


@jobs.post("/api/jobs")
def create() -> tuple[Response, int]:
    """A new job."""
    job = taken("file", "file")
    about = job.told()
    if g.script:
        about["session"] = g.session
    return jsonify(about), 201


@jobs.get("/api/jobs/<name>")
def show(name: str) -> Response:
    """How far it is."""
    return jsonify(mine(name).told())


@jobs.delete("/api/jobs/<name>")
def remove(name: str) -> tuple[str, int]:
    """Cancel it if it runs, and wipe all of it."""
    office().forget(mine(name))
    return "", 204


@jobs.post("/api/jobs/<name>/render")
def render(name: str) -> Response:
    """Do it again with other settings or edits."""
    job, said = mine(name), asked.read(request.get_data(as_text=True))
    settings, edits = _changes(job, said)
    try:
        office().again(job, settings, edits)
    except ValueError as error:
        raise Refused(409, "state", "It is not finished yet.") from error
    return jsonify(job.told())


def _changes(job: Job, said: dict[str, Any]) -> tuple[Settings, dict[str, Any]]:
    """Settings and edits for a file that was taken. Raises Refused, or SettingsError."""
    edits = asked.edits(said.get("edits"), job.kind.photo)
    if job.kind.photo and edits and (job.summary or {}).get("frames") != 1:
        raise Refused(422, "edits", "Faces can be switched off one by one in single photos and in recordings.")
    return asked.settings(said.get("settings")), edits


@jobs.post("/api/jobs/<name>/preview")
def preview(name: str) -> Response:
    """One covered picture under other settings: the photo, or the frame at ``time``."""
    job, said = mine(name), asked.read(request.get_data(as_text=True))
    settings, edits = asked.settings(said.get("settings")), asked.edits(said.get("edits"), job.kind.photo)
    if job.state == "failed":
        raise Refused(409, "state", "It failed, and was not kept.")
    studios: Studios = current_app.config["STUDIOS"]
    wanted = {"settings": asdict(settings), "time": asked.seconds(said.get("time", 0)), "edits": edits}
    answer = studios.preview(job, wanted, sending.hung_up())
    if isinstance(answer, Problem):
        return problem(_STATUS.get(answer.code, 500), answer.code, answer.message)
    image = base64.b64encode(answer["jpeg"]).decode()
    return jsonify(image=image, faces=answer["faces"], size=answer["size"])


@jobs.get("/api/jobs/<name>/result")
def result(name: str) -> Response:
    """The covered file, to save, or with ``view`` to show."""
    job = mine(name)
    if job.state != "done":
        raise Refused(409, "state", "It is not finished yet.")
    how = "inline" if "view" in request.args else "attachment"
    return sending.file(job.output, job.kind.mime, names.disposition(job.saved_as, how))


@jobs.get("/api/jobs/<name>/report")
def report(name: str) -> Response:
    """What was done, as a page that may run nothing: the child that wrote it may have been taken over."""
    job, language = mine(name), request.args.get("language", "en")
    if language not in names.REPORTS:
        raise SettingsError(f"language is {' or '.join(names.REPORTS)}.")
    if job.state != "done":
        raise Refused(409, "state", "It is not finished yet.")
    g.policy = REPORT_POLICY
    return sending.whole(
        job.folder / names.REPORTS[language], "text/html", names.disposition(f"{job.saved_as}.html", "inline")
    )


@jobs.get("/api/jobs/<name>/events")
def events_of(name: str) -> Response:
    """What happens to it, as server-sent events, until it ends."""
    return sending.events(office().stream(g.owner, mine(name).id), g.owner)


@jobs.get("/api/events")
def events() -> Response:
    """What happens to all jobs of this client, as server-sent events."""
    return sending.events(office().stream(g.owner), g.owner)


@jobs.get("/api/archive")
def everything() -> Response:
    """All results of this client in one zip file."""
    done = [job for job in office().all() if job.owner == g.owner and job.state == "done"]
    if not done:
        abort(404)
    parts: Iterator[bytes] = archive.zipped([(job.output, job.saved_as) for job in done])
    headers = {"Content-Disposition": names.disposition("blurred.zip")}
    return Response(parts, mimetype="application/zip", headers=headers)


@jobs.post("/upload")
def upload() -> Response:
    """A photo in the field ``image``; its blurred JPEG comes back."""
    job = taken("jpeg", "image")
    try:
        ended = office().waited(job, sending.hung_up())
        if not ended or job.state != "done":
            found = job.problem or Problem.of("cancelled")
            return problem(_STATUS.get(found.code, 500), found.code, found.message)
        answer: Response = sending.whole(job.output, "image/jpeg", names.disposition("blurred.jpg"))
        return answer
    finally:
        office().forget(job)
