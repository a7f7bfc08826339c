"""Whether faces were found in this very input: by its content, never by its name."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from streamblur import rooms
from streamblur.errors import InputError
from streamblur.faces import Faces, Fingerprint, recorder
from streamblur.ports import Source
from streamblur.settings import Settings


def fingerprint(settings: Settings, place: Path) -> Fingerprint:
    """Of the input at ``place``; its frames are not counted. Raises InputError when it cannot be read."""
    with closing(rooms.part("sources", rooms.room_for(place, place)).build(settings, place)) as opened:
        return recorder.fingerprint(place, opened.info)


def same(settings: Settings, place: Path, faces: Faces, opened: Source | None = None) -> None:
    """Raise InputError unless the faces were found in the input at ``place``, which may be open already."""
    found = fingerprint(settings, place) if opened is None else recorder.fingerprint(place, opened.info)
    if replace(found, frames=faces.source.frames) != faces.source:
        raise InputError(f"the faces were found in another input than {place}: find them again (streamblur detect).")
