"""What runs in a job's own process: the fence goes up, then one order is carried out, told in short JSON messages."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from streamblur.errors import InputError, StreamblurError
from streamblur.settings import Settings
from streamblur.values import Progress, Summary
from streamblur.web import fence

Order = dict[str, Any]
"""``work`` (a name in ``_WORK``), ``folder``, names of ``input`` and ``output`` in it, ``settings``, ``edits``,
``bounds``; ``reads``, files elsewhere that it may read."""
Message = dict[str, Any]
PACE = 0.1
"""Seconds between two messages about progress."""


class Line:
    """The way back to the server: JSON, never pickles, so that nothing a taken-over child says can run there."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._last = 0.0

    def say(self, **message: Any) -> None:
        self._pipe.send_bytes(json.dumps(message).encode())

    def send(self, piece: bytes) -> None:
        """A picture. Raises OSError when the server has hung up."""
        self._pipe.send_bytes(piece)

    def heard(self) -> Message | None:
        """The next request of the server; None when it has hung up."""
        try:
            message: Message = json.loads(self._pipe.recv_bytes())
        except (EOFError, OSError):
            return None
        return message

    def waiting(self) -> bool:
        """Whether there is something to be heard."""
        return self._pipe.poll()

    def progress(self, now: Progress) -> None:
        self.now_and_then(frames=now.frames, total=now.total, faces=now.faces)

    def follows(self, done: int, total: int) -> None:
        self.now_and_then(following=[done, total])

    def now_and_then(self, **message: Any) -> None:
        """Say it, unless something was said only just now."""
        if time.monotonic() - self._last >= PACE:
            self._last = time.monotonic()
            self.say(**message)


def main(pipe: Connection, order: Order) -> None:
    """Carry out one order. Never raises: what goes wrong is said."""
    fence.alone()
    line = Line(pipe)
    try:
        _settle(pipe, Path(order["folder"]))
        devices = [Path(f"/dev/video{order['device']}")] if order["work"] == "live" else []
        reads = [Path(place) for place in order.get("reads", [])]
        held = fence.put_up(Path(order["folder"]), fence.Bounds(**order["bounds"]), devices, reads)
        line.say(fence=asdict(held))
        _WORK[order["work"]](line, order)
    except StreamblurError as error:
        line.say(error=str(error)[:1000], kind=type(error).__name__)
    except MemoryError:
        line.say(error="", kind="memory")
    except BaseException as error:
        line.say(error="", kind="bug", what=repr(error)[:500])
    os._exit(0)  # not back into the fork server's code, whatever is still running here


def _settle(pipe: Connection, folder: Path) -> None:
    """Into the job's folder, with nothing else of the server's open."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    fence.close_others(pipe.fileno())
    os.chdir(folder)
    os.umask(0o077)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _probe(line: Line, order: Order) -> None:
    """Only the fence."""


def _file(line: Line, order: Order) -> None:
    """The same recording or photo again, every face hidden."""
    from streamblur import rooms
    from streamblur.web import recording
    from streamblur.web.edits import photo
    from streamblur.web.reporting import Hears, Witness
    from streamblur.web.retouch import Edits

    settings, source, output = Settings(**order["settings"]), Path(order["input"]), Path(order["output"])
    hears = Hears(line.progress, Witness(settings, source), line.follows)
    if rooms.room_for(source, source) == "file":
        _not_too_long(settings, source, float(order["length"]))
        changes = recording.Changes.of(order["edits"])
        summary, faces = recording.hidden(settings, source, output, changes, hears)
        found = recording.told(faces)
    else:
        summary, found = photo(settings, source, output, Edits.of(order["edits"]), hears)
    hears.witness.write(output, summary, order["names"])
    line.say(done=told(summary), **found)


def _not_too_long(settings: Settings, source: Path, most: float) -> None:
    """Raises InputError for a recording that claims to last more seconds, before anybody begins to look at it."""
    from streamblur import rooms

    with closing(rooms.part("sources", "file").build(settings, source)) as opened:
        if (opened.info.duration or 0) > most:
            hours = f"{most / 3600:g}"
            raise InputError(f"{source} claims to last more than {hours} hours, which this page does not take: cut it.")


def _jpeg(line: Line, order: Order) -> None:
    """A photo of any kind as a JPEG."""
    from streamblur import compose
    from streamblur.accepted import picture_at
    from streamblur.web.edits import as_jpeg

    settings, source, output = Settings(**order["settings"]), Path(order["input"]), Path(order["output"])
    work = compose.run if picture_at(source) == "JPEG" else as_jpeg
    line.say(done=told(work(settings, source, output)))


def _studio(line: Line, order: Order) -> None:
    """Previews of one file, for as long as the server asks."""
    from streamblur.web.studio import serve

    serve(line, Path(order["input"]))


def _live(line: Line, order: Order) -> None:
    """The camera, until it is not watched any more."""
    from streamblur.web.filming import film

    film(line, order)


def _review(line: Line, order: Order) -> None:
    """One recording that somebody goes over, for as long as the server asks."""
    from streamblur.web.reviewing import serve

    serve(line, order)


def _render(line: Line, order: Order) -> None:
    """The recording, hidden as its faces file says."""
    from streamblur.web import recording
    from streamblur.web.reviewing import render

    summary, faces = render(line, order)
    line.say(done=told(summary), **recording.told(faces))


def told(summary: Summary) -> dict[str, Any]:
    """A summary as JSON can say it."""
    facts = asdict(summary)
    del facts["output"]
    return facts


_WORK: dict[str, Callable[[Line, Order], None]] = {
    "probe": _probe,
    "file": _file,
    "jpeg": _jpeg,
    "studio": _studio,
    "live": _live,
    "review": _review,
    "render": _render,
}
