"""The child of the live tab: the camera through the engine, each covered frame sent to the server as a JPEG."""

from __future__ import annotations

import importlib
from typing import Any

from streamblur.errors import MissingError
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
    """Until the server hangs up or ends this process. Raises StreamblurError when the camera cannot be opened."""
    try:
        live: Any = importlib.import_module("streamblur.live")
    except ImportError as error:
        raise MissingError("This build of streamblur cannot use a camera.") from error
    choices: Any = importlib.import_module("streamblur.settings").Live
    live.run(choices(**order["settings"]), order.get("source") or f"camera:{order['device']}", [Sent(line)])
