"""The report of a job: what was hidden, where to look, what was kept and dropped, as one page without a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from streamblur import __version__, compose, proving, rooms
from streamblur.belonging import fingerprint
from streamblur.faces import Faces
from streamblur.faces.file import write_whole
from streamblur.faces.recorder import Recorder
from streamblur.report import Album, Language, as_page
from streamblur.settings import Settings
from streamblur.values import Decided, SafeFrame, Summary
from streamblur.web.names import REPORTS

_NOTES = Path(__file__).parent / "assets" / "words"
"""What the engine says of a file, in the languages of the page."""


class Witness:
    """Writes down what a run covers, and takes small pictures of what leaves."""

    def __init__(self, settings: Settings, source: Path) -> None:
        self._settings, self._source = settings, source
        self._recorder, self._album = Recorder(), Album(rooms.part("sinks", "image").shot)
        self.faces = cache(self._faces)

    def __call__(self, decided: Decided[SafeFrame]) -> None:
        self._recorder.add(decided)
        self._album.add(decided)

    def _faces(self) -> Faces:
        """What was covered, when the run is over."""
        found = fingerprint(self._settings, self._source)
        return self._recorder.faces(found, asdict(self._settings), __version__)

    def write(self, output: Path, summary: Summary, names: tuple[str, str]) -> None:
        """Write the report in every language; ``names`` are what the user calls input and output."""
        proved = proving.Proved(summary, self.faces())
        told = proving.told(self._settings, self._source, output, proved, self._album)
        called = replace(told.source, name=names[0]), replace(told.output, name=names[1])
        told = replace(told, source=called[0], output=called[1])
        for name, place in REPORTS.items():
            write_whole(as_page(told, _language(name)).encode(), Path(place), force=True)


@dataclass(frozen=True, slots=True)
class Hears:
    """Who hears of a run: ``report`` and ``witness`` as in ``compose.run``, ``follows`` how far all boxes together are
    followed: how many frames are done, of how many at most."""

    report: compose.Report
    witness: Witness
    follows: Callable[[int, int], None]


def _language(name: str) -> Language:
    notes = _NOTES / f"notes.{name}.json"
    return Language(name, json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else None)
