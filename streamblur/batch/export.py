"""The export log: one line for each file, as CSV or as JSON lines, under its name only when it is whole."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import secrets
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any

from streamblur import __version__
from streamblur.batch.outcome import Outcome
from streamblur.errors import OutputError
from streamblur.settings import Settings

SUFFIXES = (".csv", ".jsonl")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    ("file", "source"),
    ("output", "output"),
    ("status", "status"),
    ("error", "error"),
    ("kind", "kind"),
    ("frames", "frames"),
    ("faces", "faces"),
    ("face_frames", "face_frames"),
    ("smallest_face", "smallest"),
    ("boxes", "boxes"),
    ("sha256_in", "sha256_in"),
    ("sha256_out", "sha256_out"),
    ("seconds", "seconds"),
    ("earlier_run", "earlier"),
    ("notes", "notes"),
)


class Log:
    """Written line by line; ``close`` gives it its name, ``abort`` removes it.

    Raises OutputError for an unknown suffix or when it cannot be written.
    """

    def __init__(self, place: Path, settings: Settings) -> None:
        if place.suffix.lower() not in SUFFIXES:
            raise OutputError(f"{place} has no suffix of a log: end it with {' or '.join(SUFFIXES)}.")
        self._place, self._csv = place, place.suffix.lower() == ".csv"
        self._same = {"settings": changed(settings), "version": __version__}
        self._partial = place.with_name(f".{place.name[:180]}.{secrets.token_hex(4)}.streamblur-partial")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[str] = self._partial.open("x", encoding="utf-8", errors="backslashreplace", newline="")
        except OSError as error:
            raise OutputError(f"cannot write in {place.parent}: {error.strerror}. Choose another folder.") from error
        if self._csv:
            self._write(_csv([*(name for name, _ in _COLUMNS), *self._same]))

    def add(self, outcome: Outcome) -> None:
        """One line. Raises OutputError when it cannot be written."""
        known = asdict(outcome)
        row = {name: known[key] for name, key in _COLUMNS} | self._same
        self._write(_csv(list(row.values())) if self._csv else json.dumps(row, ensure_ascii=True) + "\n")

    def _write(self, line: str) -> None:
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"cannot write {self._place}: {error.strerror}. Check the space left.") from error

    def close(self) -> None:
        """Give it its name. Raises OutputError when that fails."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._partial, self._place)
        except OSError as error:
            raise OutputError(f"cannot write {self._place}: {error.strerror}. Choose another name.") from error

    def abort(self) -> None:
        """Leave nothing behind. Never raises."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._partial.unlink()


def changed(settings: Settings) -> dict[str, Any]:
    """The settings that are not the defaults."""
    usual = Settings()
    chosen = {field.name: getattr(settings, field.name) for field in fields(Settings)}
    return {name: value for name, value in chosen.items() if value != getattr(usual, name)}


def _csv(values: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_cell(value) for value in values])
    return line.getvalue()


def _cell(value: Any) -> str:
    """As text; what a spreadsheet would take for a formula (a file may be called so) with an apostrophe before it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = json.dumps(value) if isinstance(value, (list, dict)) else "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
