"""The contact sheet of a batch: what was written, file by file, with a picture of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from streamblur import rooms
from streamblur.batch.outcome import EMPTY, Outcome
from streamblur.errors import StreamblurError
from streamblur.faces.file import may_write, write_whole
from streamblur.report import Card, contact_sheet
from streamblur.settings import Settings

SUFFIXES = (".html", ".htm")
LONGEST = 320
"""Pixels of the longest side of a picture on the sheet."""
MOST = 1000
"""Pictures on a sheet: with more, a browser has a hard time. The others are named."""


class Sheet:
    """Cards are made as files end; ``close`` writes the page. Raises OutputError when it must not be written."""

    def __init__(self, place: Path, settings: Settings) -> None:
        may_write(place, settings.force)
        self._place, self._settings = place, settings
        self._cards: list[Card] = []
        self._pictures = 0

    def add(self, outcome: Outcome) -> None:
        """One file more."""
        name = outcome.output.rsplit("/", 1)[-1]
        if outcome.failed:
            self._cards.append(Card(Path(outcome.source).name, 0, "failed", "bad"))
            return
        jpeg = self._picture(Path(outcome.output))
        # Nobody found where somebody may well be is worth a look; a second look says more (streamblur verify).
        words, kind = (EMPTY, "bad") if outcome.status == EMPTY else (outcome.status, "good")
        self._cards.append(Card(name, outcome.faces, words, kind, jpeg))

    def _picture(self, output: Path) -> bytes | None:
        """What was written, small; None when it lies elsewhere, or cannot be read."""
        if self._pictures >= MOST or not output.is_file():
            return None
        self._pictures += 1
        try:
            source = rooms.part("sources", rooms.room_for(output, output)).build(Settings(), output)
            with closing(source):
                jpeg: bytes = rooms.part("sinks", "image").shot(next(iter(source)), None, LONGEST)
        except StreamblurError:
            return None
        return jpeg

    def close(self) -> None:
        """Write the page, whole or not at all."""
        write_whole(contact_sheet(self._cards).encode(), self._place, self._settings.force)

    def abort(self) -> None:
        """Nothing was written yet."""
