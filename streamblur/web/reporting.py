"""The report of a job: what was hidden, where to look, what was kept and dropped, as one page without a script."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from streamblur import __version__, proving, rooms
from streamblur.belonging import fingerprint
from streamblur.faces import Faces
from streamblur.faces.file import write_whole
from streamblur.faces.recorder import Recorder
from streamblur.report import Album, as_page
from streamblur.settings import Settings
from streamblur.values import Decided, SafeFrame, Summary

REPORT = "report.html"
"""The report in the job's folder."""


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
        """Write the report; ``names`` are what the user calls input and output."""
        proved = proving.Proved(summary, self.faces())
        told = proving.told(self._settings, self._source, output, proved, self._album)
        called = replace(told.source, name=names[0]), replace(told.output, name=names[1])
        page = as_page(replace(told, source=called[0], output=called[1]))
        write_whole(page.encode(), Path(REPORT), force=True)
