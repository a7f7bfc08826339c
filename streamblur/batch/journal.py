"""What was done, remembered beside the outputs, so that an interrupted batch goes on where it stopped.

One hidden file of JSON lines in each folder of outputs, only added to, each line on the disk before anything builds on
it. An output is first *claimed* (nothing of its name exists then), later *done* or *failed*. An output that is claimed
but not done is one that was being written when everything stopped: it is made again.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamblur.batch import remote
from streamblur.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: two batches in one folder are told apart by their outputs alone
    fcntl = None  # type: ignore[assignment]

NAME = ".streamblur-journal.jsonl"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells quickly whether a file is still the same: its size, and when it was changed (nanoseconds; of a file
    elsewhere, whatever tells that there)."""

    size: int
    changed: int | str

    @staticmethod
    def of(place: Path | str) -> Stamp | None:
        """That of a file, or of what is at a URL; None when there is none."""
        if isinstance(place, str):
            known_there = remote.mark_of(place)
            return Stamp(*known_there) if known_there is not None else None
        with suppress(OSError, ValueError):
            known = place.stat()
            return Stamp(known.st_size, known.st_mtime_ns)
        return None


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """The last record of each output of the folder, by its name. A line that was cut off is left out."""
    found: dict[str, dict[str, Any]] = {}
    with suppress(OSError), (folder / NAME).open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                record = json.loads(line)
                found[record["output"]] = record
    return found


def outputs_in(folder: Path) -> frozenset[str]:
    """The names of files in the folder that earlier batches wrote."""
    if not (folder / NAME).is_file():
        return frozenset()
    return frozenset(name for name, record in records(folder).items() if record.get("state") in ("claimed", "done"))


class Journal:
    """The journal of one folder, held by one batch at a time. Raises OutputError when it cannot be written or another
    batch holds it."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        try:
            self._file = os.open(folder / NAME, flags, 0o600)
        except OSError as error:
            raise OutputError(f"cannot write in {folder}: {error.strerror}. Choose another folder.") from error
        try:
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise OutputError(f"another batch is writing into {folder}: wait until it has ended.") from error
        except OSError:
            pass  # a file system without locks
        self._records = records(folder)
        self._whole = self._ends_whole()

    def last(self, name: str) -> dict[str, Any]:
        """The last record of an output; empty when there is none."""
        return self._records.get(name, {})

    def add(self, name: str, state: str, **facts: Any) -> None:
        """Write a record, and do not return before it is on the disk. Raises OutputError when that fails."""
        record = {"output": name, "state": state, **facts}
        line = json.dumps(record, ensure_ascii=True) + "\n"
        try:
            os.write(self._file, (line if self._whole else "\n" + line).encode())
            os.fsync(self._file)
        except OSError as error:
            raise OutputError(f"cannot write {NAME}: {error.strerror}. Check the space left.") from error
        self._whole = True
        self._records[name] = record

    def close(self) -> None:
        """Let go of the folder. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _ends_whole(self) -> bool:
        """Whether the last line was written to its end."""
        size = os.fstat(self._file).st_size
        if not size:
            return True
        os.lseek(self._file, size - 1, os.SEEK_SET)
        return os.read(self._file, 1) == b"\n"
