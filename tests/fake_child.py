"""A job's child whose detector costs nothing, and which misbehaves when it is told so by the name of the encoder.

Preloaded into the process that children are forked from.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import runs

import streamblur.web._warm  # noqa: F401
from streamblur import rooms
from streamblur.review import _drawing
from streamblur.settings import Settings
from streamblur.web import child

PART = rooms.part
PICTURE = b"\xff\xd8" + bytes(4000)
"""The start of a JPEG, which is all that the server looks at."""
Work = Callable[[child.Line, child.Order], None]


def part(room: str, name: str) -> Any:
    """``rooms.part``, but for detectors."""
    return SimpleNamespace(build=lambda settings: runs.Fixed()) if room == "detectors" else PART(room, name)


def main(pipe: Connection, order: child.Order) -> None:
    """``child.main`` with a fixed face."""
    rooms.part = part
    how = order.get("settings", {}).get("codec", "")
    if how == "test-slow":
        _follows_slowly()
        order["settings"]["codec"] = Settings().codec
    if how in HOW and order["work"] != "studio":
        child._WORK[order["work"]] = HOW[how]
    if how == "test-dawdle" and order["work"] == "studio":
        child._WORK["studio"] = partial(_dawdle, child._WORK["studio"])
    child.main(pipe, order)


def _follows_slowly() -> None:
    """Four frames at a time, each time a moment."""
    piece = _drawing._piece
    _drawing.PIECE = 4

    def slow(*asked: Any) -> Any:
        time.sleep(0.5)
        return piece(*asked)

    setattr(_drawing, "_piece", slow)  # noqa: B010


def _die(line: child.Line, order: child.Order) -> None:
    os._exit(11)


def _spin(line: child.Line, order: child.Order) -> None:
    """Use a core for good, and say so."""
    line.say(frames=1, total=1000, faces=1)
    _busy()


def _busy(seconds: float = math.inf) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def _dawdle(work: Work, line: child.Line, order: child.Order) -> None:
    """A preview that never comes, the first time."""
    if not os.path.exists("dawdled"):
        os.mkdir("dawdled")
        _busy()
    work(line, order)


def _film(line: child.Line, order: child.Order) -> None:
    """A camera whose pictures keep a core busy."""
    while True:
        line.send(PICTURE)
        _busy(0.03)


def _still(line: child.Line, order: child.Order) -> None:
    """A camera that shows one picture, and keeps a core busy for good."""
    line.send(PICTURE)
    _busy()


def _sleep(line: child.Line, order: child.Order) -> None:
    time.sleep(0.4)
    line.say(done={"frames": 1, "tracks": 0, "covered": 0, "seconds": 0.4, "notes": []}, faces=[], size=[1, 1])
    os.close(os.open(order["output"], os.O_CREAT | os.O_WRONLY, 0o600))


def _eat(line: child.Line, order: child.Order) -> None:
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)) * 16)
        time.sleep(0.02)


def _babble(line: child.Line, order: child.Order) -> None:
    line._pipe.send_bytes(b"\x80\x04cos\nsystem\n(S'touch pickled'\ntR.")
    time.sleep(30)


def _lie(line: child.Line, order: child.Order) -> None:
    """Claim to be done, with a result that is a link to somebody else's file."""
    os.symlink("/etc/hostname", order["output"])
    line.say(done={"frames": 1, "notes": ["see /home/me/secret.txt"]}, faces=[{"id": "x"}], size=[1, 1])


def _path(line: child.Line, order: child.Order) -> None:
    from streamblur.errors import InputError

    raise InputError(f"{order['folder']}/{order['input']} is odd, unlike /usr/share/other.mp4: try again.")


def _bug(line: child.Line, order: child.Order) -> None:
    raise ZeroDivisionError("at /home/me/code.py line 3")


HOW: dict[str, Work] = {
    "test-die": _die,
    "test-spin": _spin,
    "test-sleep": _sleep,
    "test-eat": _eat,
    "test-babble": _babble,
    "test-lie": _lie,
    "test-path": _path,
    "test-bug": _bug,
    "test-film": _film,
    "test-still": _still,
}
