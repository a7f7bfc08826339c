"""Getting a model file, once, and whole: resumed where it broke off, checked before it gets its name."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from streamblur.errors import MissingError
from streamblur.models import Weights

Report = Callable[[int], None]
"""Called with the number of bytes there are."""

PATIENCE = 20.0
"""Seconds without an answer after which it is given up."""
TRIES = 5
"""Connections that are made as long as each brings something."""
_CHUNK = 1 << 16
_FAILURES = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)


def get(weights: Weights, folder: Path, report: Report = lambda _: None) -> Path:
    """Download ``weights`` into ``folder``; a broken-off download goes on where it stopped. Returns the file.

    Follows http_proxy and https_proxy. Raises MissingError, which says how to get it by hand, when it cannot be
    had, or is not the right file; then nothing lies under its name.
    """
    if not weights.url:
        raise MissingError(f"{weights.file} cannot be downloaded by itself: {weights.how}.")
    part = folder / f"{weights.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        resumed = part.is_file() and part.stat().st_size > 0
        _fill(weights, part, report)
        if resumed and not _right(part, weights):  # what was there from before may have been the wrong part
            part.unlink()
            _fill(weights, part, report)
    except _FAILURES as error:
        raise MissingError(f"{weights.file} cannot be downloaded ({error}): {by_hand(weights, folder)}") from error
    return _named(part, weights, folder)


def take(weights: Weights, source: Path, folder: Path) -> Path:
    """Copy ``weights`` from the file ``source`` into ``folder``. Returns the copy.

    Raises MissingError when it cannot be read, or is not the right file.
    """
    part = folder / f"{weights.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, part)
    except OSError as error:
        raise MissingError(f"{source} cannot be copied to {folder} ({error.strerror}): give another file.") from error
    return _named(part, weights, folder)


def by_hand(weights: Weights, folder: Path) -> str:
    """What to do without a network."""
    return f"get {weights.url} elsewhere (sha256 {weights.sha256}) and put it into {folder} as {weights.file}."


def _fill(weights: Weights, part: Path, report: Report) -> None:
    """Connect until the file is complete, as long as each connection brings something."""
    for left in range(TRIES - 1, -1, -1):
        before = part.stat().st_size if part.is_file() else 0
        try:
            _connect(weights, part, before, report)
        except _FAILURES as error:
            if left == 0 or isinstance(error, urllib.error.HTTPError) or not _grew(part, before):
                raise
        if part.stat().st_size >= weights.size:
            return
    raise http.client.IncompleteRead(b"", weights.size - part.stat().st_size)


def _grew(part: Path, before: int) -> bool:
    return part.is_file() and part.stat().st_size > before


def _connect(weights: Weights, part: Path, there: int, report: Report) -> None:
    if there >= weights.size:
        return
    request = urllib.request.Request(weights.url, headers={"User-Agent": "streamblur"})
    if there:
        request.add_header("Range", f"bytes={there}-")
    opener = urllib.request.build_opener()  # a new one, which asks the environment for proxies now
    with opener.open(request, timeout=PATIENCE) as answer:
        goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {there}-")
        there = there if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            while there <= weights.size and (chunk := answer.read1(_CHUNK)):
                there += file.write(chunk)
                report(there)


def _named(part: Path, weights: Weights, folder: Path) -> Path:
    """Give the file its name, if it is the right one."""
    if not _right(part, weights):
        part.unlink()
        raise MissingError(f"What came is not {weights.file}, its hash is another: {by_hand(weights, folder)}")
    return part.replace(folder / weights.file)


def _right(part: Path, weights: Weights) -> bool:
    return hashlib.sha256(part.read_bytes()).hexdigest() == weights.sha256
