"""Answers that are files or never end."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from flask import Response, abort, request

from streamblur.web import folders
from streamblur.web.guard import problem

_PIECE = 256 * 1024
LISTENERS = 24
"""Streams of events at a time; each holds a thread of the server."""
_EACH = 4
_listening: Counter[str] = Counter()
_lock = threading.Lock()


def hung_up() -> Callable[[], bool]:
    """A question for later: whether the client of this request is gone."""
    found: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return found


def file(place: Path, mime: str, disposition: str) -> Response:
    """A file, or the part of it that is asked for (a player jumps about)."""
    opened = _opened(place)
    size = opened.seek(0, 2)
    asked = request.range.range_for_length(size) if request.range is not None else None
    start, stop = asked if asked is not None else (0, size)
    answer = Response(_pieces(opened, start, stop), 206 if asked else 200, mimetype=mime)
    answer.headers["Content-Length"] = str(stop - start)
    answer.headers["Content-Disposition"] = disposition
    answer.headers["Accept-Ranges"] = "bytes"
    if asked:
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    answer.call_on_close(opened.close)
    return answer


def whole(place: Path, mime: str, disposition: str) -> Response:
    """A small file, read now, because it will be wiped before it is sent."""
    with _opened(place) as opened:
        return Response(opened.read(), mimetype=mime, headers={"Content-Disposition": disposition})


def _opened(place: Path) -> BinaryIO:
    try:
        return folders.plain(place)
    except OSError:
        abort(404)


def _pieces(opened: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    opened.seek(start)
    while start < stop and (piece := opened.read(min(_PIECE, stop - start))):
        start += len(piece)
        yield piece


def events(news: Iterator[dict[str, Any] | None], owner: str) -> Response:
    """Server-sent events (HTML standard, 9.2), one for each piece of news."""
    with _lock:
        if _listening.total() >= LISTENERS or _listening[owner] >= _EACH:
            return problem(429, "listeners", "Too many pages are open: close one.", 5)
        _listening[owner] += 1
    answer = Response(_told(news, hung_up()), mimetype="text/event-stream")
    answer.call_on_close(lambda: _left(owner))
    return answer


def _told(news: Iterator[dict[str, Any] | None], gone: Callable[[], bool]) -> Iterator[bytes]:
    yield b"retry: 1000\n\n"
    for each in news:
        if gone():
            return
        yield b": still here\n\n" if each is None else b"data: " + json.dumps(each).encode() + b"\n\n"


def _left(owner: str) -> None:
    with _lock:
        _listening[owner] -= 1
        if not _listening[owner]:
            del _listening[owner]
