"""Uploads: the one file of a request goes straight into a new private folder, under a name of ours, and no further than
its limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from flask import Request, current_app, g
from werkzeug.exceptions import HTTPException

from streamblur.web import asked, folders, kinds, names
from streamblur.web.access import words
from streamblur.web.jobs import Job
from streamblur.web.office import Office

_ARRIVING = "arriving"


class Refused(Exception):
    """A file that is not taken: an HTTP status, a code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class _Bounded:
    """A file that takes only so many bytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left, self._most = file, most, most

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise Refused(413, "large", f"This file is larger than {words(self._most)}.")
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Arriving(Request):
    """A request whose file lands in a private folder, ``g.folder``; the name it came with is only shown."""

    max_form_parts = 8
    max_form_memory_size = 200_000

    def _get_file_stream(
        self, total_content_length: Any, content_type: Any, filename: Any = None, content_length: Any = None
    ) -> IO[bytes]:
        if "folder" in g:
            raise Refused(400, "several", "Send one file at a time.")
        office: Office = current_app.config["OFFICE"]
        g.folder = office.root.folder()
        g.arriving = folders.create(g.folder / _ARRIVING)
        return _Bounded(g.arriving, office.limits.upload)  # type: ignore[return-value]


def drop() -> None:
    """Wipe what came with this request, unless a job has taken it over."""
    if (file := g.pop("arriving", None)) is not None:
        file.close()
    if (folder := g.pop("folder", None)) is not None:
        folders.wipe(folder)


def job_from(request: Request, field: str, work: str = "file") -> Job:
    """A job of what was sent in ``field``. Raises Refused, or SettingsError for its ``settings`` or ``edits``."""
    try:
        sent = request.files.get(field)
        if sent is None:
            raise Refused(400, "none", f"Send a file in the field {field}.")
        chosen = asked.settings(asked.read(request.form.get("settings", "")))
        edits = asked.read(request.form.get("edits", ""))
    except HTTPException as error:
        raise Refused(error.code or 400, "form", "The form is broken, or has too many parts.") from error
    sent.stream.flush()
    head, size = _head(g.folder / _ARRIVING)
    kind = _accepted(head, size, work == "jpeg")
    if work == "jpeg":
        kind = replace(kind, output=".jpg", mime="image/jpeg")
    job = Job(g.owner, g.folder, names.shown(sent.filename, "photo" if kind.photo else "recording"), kind, chosen, work)
    job.edits, job.bytes = asked.edits(edits, kind.photo), size
    sent.close()
    (g.folder / _ARRIVING).rename(job.input)
    return job


def _head(place: Path) -> tuple[bytes, int]:
    with place.open("rb") as file:
        return file.read(kinds.HEAD), place.stat().st_size


def _accepted(head: bytes, size: int, photos_only: bool) -> kinds.Kind:
    """The kind of the file. Raises Refused when it is empty, too large, or none of those accepted."""
    office: Office = current_app.config["OFFICE"]
    if not size:
        raise Refused(400, "empty", "This file is empty.")
    kind = kinds.kind_of(head)
    if kind is None or (photos_only and not kind.photo):
        accepted = "a photo (JPEG, PNG, WebP, HEIC ...)" + (
            "" if photos_only else " or a recording (MP4, MOV, MKV ...)"
        )
        raise Refused(415, "kind", f"This is not {accepted}, whatever its name says.")
    if kind.photo and size > office.limits.photo:
        raise Refused(413, "large", f"This photo is larger than {words(office.limits.photo)}.")
    return kind
