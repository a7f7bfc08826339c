"""Many files as one zip, made while it is sent, so that it needs no room of its own."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from streamblur.web import folders

_PIECE = 256 * 1024


class _Pipe(io.RawIOBase):
    """What was written since somebody last took it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(memoryview(data))  # type: ignore[arg-type]
        self._parts.append(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zipped(files: Sequence[tuple[Path, str]]) -> Iterator[bytes]:
    """The files under these names, two alike told apart by a number; one that is gone meanwhile is left out."""
    pipe, used = _Pipe(), set[str]()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for place, name in files:
            with contextlib.suppress(FileNotFoundError), folders.plain(place) as source:
                about = zipfile.ZipInfo(_single(name, used))
                about.external_attr = 0o600 << 16
                with archive.open(about, "w", force_zip64=True) as entry:
                    while piece := source.read(_PIECE):
                        entry.write(piece)
                        yield pipe.taken()
    yield pipe.taken()


def _single(name: str, used: set[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    number, single = 1, name
    while single in used:
        number += 1
        single = f"{stem} ({number}){dot}{suffix}"
    used.add(single)
    return single
