"""The child of the live tab: the camera through the engine, each covered frame sent to the server as a JPEG."""

from __future__ import annotations

import threading

from streamblur import live
from streamblur.settings import Live
from streamblur.values import SafeFrame
from streamblur.web.child import Line, Order


class Sent:
    """A sink (see ``ports``) that sends frames to the server."""

    def __init__(self, line: Line) -> None:
        from streamblur.sinks._jpegs import Jpegs

        self._line, self._jpeg = line, Jpegs()

    def write(self, frame: SafeFrame) -> None:
        self._line.send(self._jpeg(frame))

    def close(self) -> None:
        """The server notices."""

    def abort(self) -> None:
        """Nothing is left."""


def film(line: Line, order: Order) -> None:
    """Until the server hangs up or ends this process; while it said ``panic``, all is hidden.

    Raises StreamblurError when the camera cannot be opened.
    """
    choices = live.Choices()
    threading.Thread(target=_hear, args=(line, choices), name="streamblur-asked", daemon=True).start()
    live.run(Live(**order["settings"]), order.get("source") or f"camera:{order['device']}", [Sent(line)], choices)


def _hear(line: Line, choices: live.Choices) -> None:
    while (asked := line.heard()) is not None:
        (choices.panic.set if asked.get("panic") else choices.panic.clear)()
    choices.stop.set()
