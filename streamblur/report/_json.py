"""The report as JSON: what the page tells, and the faces themselves, so that the run can be done again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamblur.errors import InputError
from streamblur.faces import Faces, file
from streamblur.faces.schema import NotValid, Schema, check, load
from streamblur.report._told import Told
from streamblur.report._tracks import rows, spots

FORMAT, VERSION = "streamblur-report", 1


def schema() -> Schema:
    """The JSON Schema of the report; the faces in it have their own (``faces/schema.json``)."""
    return load(Path(__file__).with_name("schema.json"))


def as_json(told: Told) -> dict[str, Any]:
    """The report as a document."""
    findings = told.verified.findings if told.verified is not None else ()
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": asdict(told.source),
        "output": asdict(told.output),
        "frames": told.summary.frames,
        "tracks": told.summary.tracks,
        "covered": told.summary.covered,
        "seconds": round(told.summary.seconds, 3),
        "still": told.summary.still,
        "notes": list(told.summary.notes),
        "settings": dict(told.settings),
        "versions": dict(told.versions),
        "rounds": told.rounds,
        "verified": _verified(told),
        "rows": [asdict(row) for row in rows(told.faces)],
        "look_here": [asdict(spot) for spot in spots(told.faces, findings)],
        "faces": file.as_document(told.faces),
    }


def _verified(told: Told) -> dict[str, Any] | None:
    found = told.verified
    if found is None:
        return None
    findings = [{**asdict(each), "places": None} for each in found.findings]
    for each in findings:
        del each["places"]
    return {**asdict(found), "eyes": list(found.eyes), "findings": findings}


def read(document: Any, name: str) -> tuple[dict[str, Any], Faces]:
    """The settings and the faces in a report; ``name`` is what errors call it. Raises InputError for anything else."""
    if isinstance(document, dict) and document.get("format") == file.FORMAT:
        raise InputError(f"{name} is a faces file: give it with --faces.")
    try:
        check(document, schema(), where="the report")
    except NotValid as error:
        raise InputError(f"{name} is no sound report: {error}. Give a .json that --report wrote.") from error
    return document["settings"], file.parsed(document["faces"], f"the faces in {name}")
