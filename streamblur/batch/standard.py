"""``-``: from standard input, to standard output, through a private temporary folder (containers need to seek)."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from streamblur.batch.kinds import HEAD, suffix_told
from streamblur.errors import InputError, OutputError

_NAME = "standard input"
_CHUNK = 1 << 20


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that nobody else can look into, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="streamblur-") as folder:
        yield Path(folder)


def spooled(stream: BinaryIO, folder: Path) -> Path:
    """All of ``stream`` as a file in ``folder``, with the suffix that its content calls for.

    Raises InputError when it is empty or no known medium, before all of it is read.
    """
    head = b""
    while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
        head += more
    suffix = suffix_told(head)
    if not suffix:
        what = "is no photo or video of a known kind" if head else "is empty"
        raise InputError(f"{_NAME} {what}: give a photo or a video.")
    place = folder / f"{_NAME}{suffix}"
    try:
        with place.open("xb") as file:
            file.write(head)
            shutil.copyfileobj(stream, file, _CHUNK)
    except OSError as error:
        raise OutputError(f"cannot keep {_NAME} in {folder}: {error.strerror}. Set TMPDIR to a larger disk.") from error
    return place


def sent(place: Path, stream: BinaryIO) -> None:
    """Write the file to ``stream``. Raises OutputError when nobody takes it."""
    try:
        with place.open("rb") as file:
            shutil.copyfileobj(file, stream, _CHUNK)
        stream.flush()
    except OSError as error:
        # Python would try to flush once more when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"cannot write to standard output: {error.strerror}.") from error


def renamed(text: str, folder: Path) -> str:
    """A sentence without the temporary folder in it."""
    return text.replace(f"{folder}{os.sep}out{os.sep}", "").replace(f"{folder}{os.sep}", "")
