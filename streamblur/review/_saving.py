"""Saving after each change: the long part of the file is put into words once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from streamblur.faces import Faces, file

_END = '"edits":[]}'


class Saved:
    """The faces file at ``place``; what was found never changes, only the edits do."""

    def __init__(self, faces: Faces, place: Path) -> None:
        found = json.dumps(file.as_document(replace(faces, edits=())), separators=(",", ":"), ensure_ascii=False)
        assert found.endswith(_END), "the edits come last"
        self._found, self._place = found[: -len(_END)], place

    def write(self, faces: Faces) -> None:
        """Replace the file, at once and as a whole. Raises OutputError when that fails; the old one is there then."""
        edits = json.dumps([dict(edit) for edit in faces.edits], separators=(",", ":"), ensure_ascii=False)
        file.write_whole(f'{self._found}"edits":{edits}}}'.encode(), self._place, force=True)
