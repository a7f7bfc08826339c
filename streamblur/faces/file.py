"""A faces file: JSON, described by ``schema.json`` beside this module and checked against it when it is read.

An hour of 30 frames a second with five faces in view is 540,000 rows, about 20 MB.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from streamblur.errors import InputError, OutputError, SettingsError
from streamblur.faces import Faces, Fingerprint, columns
from streamblur.faces.schema import NotValid, Schema, check, load
from streamblur.regions import region

FORMAT = "streamblur-faces"
VERSION = 1
LARGEST = 512 * 1024 * 1024
"""Bytes of the largest file that is read."""


def schema() -> Schema:
    """The JSON Schema of the file."""
    return load(Path(__file__).with_name("schema.json"))


def read(place: Path) -> Faces:
    """The faces in the file ``place``. Raises InputError, one sentence, when it is none, or not a sound one."""
    return parsed(document(place, "faces"), str(place))


def document(place: Path, what: str) -> Any:
    """The JSON in a file. Raises InputError when there is none, or it is larger than anybody needs."""
    try:
        with place.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read {place}: {why}. Give a {what} file that streamblur wrote.") from error
    if len(data) > LARGEST:
        raise InputError(f"{place} is larger than {LARGEST >> 20} MB: give a {what} file that streamblur wrote.")
    try:
        return json.loads(data, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place} is not JSON: give a {what} file that streamblur wrote.") from error


def parsed(found: Any, name: str) -> Faces:
    """The faces in a document; ``name`` is what errors call it. Raises InputError when it is not a sound one."""
    if isinstance(found, dict) and found.get("format") == FORMAT and found.get("version") != VERSION:
        raise InputError(f"{name} is a faces file of version {found.get('version')!r:.20}: this streamblur reads 1.")
    if isinstance(found, dict) and found.get("format") == "streamblur-report":
        raise InputError(f"{name} is a report: give it to blur with --from-report, or a file that detect wrote.")
    try:
        check(found, schema(), where="the file")
        return _faces(found)
    except (NotValid, SettingsError) as error:
        raise InputError(f"{name} is no sound faces file: {error}. Write it again with streamblur detect.") from error


def _faces(found: dict[str, Any]) -> Faces:
    times, source = np.array(found["times"], np.int64), Fingerprint(**found["source"])
    if (np.diff(times) <= 0).any() or source.frames != len(times):
        raise NotValid("times are not those of the frames in their order")
    count, detectors = len(times), len(found["detectors"])
    tracks = tuple(columns.track(each["id"], each, count, detectors) for each in found["tracks"])
    if len({track.id for track in tracks}) != len(tracks):
        raise NotValid("two tracks have the same id")
    lists = {name: np.array(found[name], np.int64) for name in ("looked", "cuts", "curtain")}
    if any((np.diff(each) <= 0).any() or (len(each) and each[-1] >= count) for each in lists.values()):
        raise NotValid("frames are listed that are not there, or not in their order")
    for text in (*found["regions"], *found["excluded"]):
        region(text)
    return Faces(
        source,
        Fraction(*found["time_base"]),
        times,
        tracks,
        tuple(found["detectors"]),
        lists["looked"],
        lists["cuts"],
        lists["curtain"],
        settings=found["settings"],
        version=found["made_by"],
        regions=tuple(found["regions"]),
        excluded=tuple(found["excluded"]),
        edits=tuple(found["edits"]),
    )


def as_document(faces: Faces) -> dict[str, Any]:
    """What the file holds. ``faces`` as found, with its edits beside it, not ``applied``."""
    source = faces.source
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": faces.version,
        "source": {name: getattr(source, name) for name in Fingerprint.__slots__},
        "time_base": [faces.time_base.numerator, faces.time_base.denominator],
        "times": faces.times.tolist(),
        "detectors": list(faces.detectors),
        "tracks": [{"id": track.id, **columns.of(track)} for track in faces.tracks],
        "looked": faces.looked.tolist(),
        "cuts": faces.cuts.tolist(),
        "curtain": faces.curtain.tolist(),
        "settings": dict(faces.settings),
        "regions": list(faces.regions),
        "excluded": list(faces.excluded),
        "edits": [dict(edit) for edit in faces.edits],
    }


def write(faces: Faces, place: Path, force: bool = False) -> None:
    """Write the file, whole or not at all. Raises OutputError when it cannot be, or is there and not to be replaced."""
    write_json(as_document(faces), place, force)


def write_json(found: Any, place: Path, force: bool) -> None:
    """Write a document as JSON, under its name only when it is whole."""
    write_whole(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode(), place, force)


def write_whole(data: bytes, place: Path, force: bool) -> None:
    """Write a file under its name only when it is whole, readable by its owner alone until then."""
    if place.exists() and not force:
        raise OutputError(f"{place} is already there: choose another name, or replace it with --force.")
    try:
        number, name = tempfile.mkstemp(prefix=".streamblur-", dir=place.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"cannot write {place}: {why}. Check the folder and the space left.") from error


def may_write(place: Path, force: bool, source: Path | None = None) -> None:
    """Raise OutputError now rather than after an hour of looking."""
    if source is not None and place.exists() and source.exists() and place.samefile(source):
        raise OutputError(f"{place} is the input itself: choose another name.")
    if not place.parent.is_dir():
        raise OutputError(f"the folder of {place} does not exist: make it first.")
    if place.exists() and not force:
        raise OutputError(f"{place} is already there: choose another name, or replace it with --force.")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _refused(name: str) -> Any:
    raise ValueError(name)
