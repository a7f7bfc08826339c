"""The screen: x11grab on Linux, avfoundation on macOS, gdigrab on Windows."""

from __future__ import annotations

import os
import sys
from typing import Any

from streamblur.errors import InputError
from streamblur.ports import Source
from streamblur.settings import Live
from streamblur.sources._devices import SCREENS, named, opened
from streamblur.sources._grabbed import Grabbed

RATE = "30"


def build(settings: Live, place: str) -> Source:
    """``screen:`` for the main screen, or ``screen:NAME`` with FFmpeg's name of another one (X11: ``:1+100,200``).

    Raises InputError when it cannot be opened.
    """
    form, name = named(place.partition(":")[2], SCREENS)
    name = name or {"x11grab": os.environ.get("DISPLAY", ""), "gdigrab": "desktop"}.get(form, "Capture screen 0:none")
    if not name:
        raise InputError("there is no screen: DISPLAY is not set. Start it on a desktop, or name one, screen::0.")
    if form == "x11grab" and _opencv_came_first():
        raise InputError("OpenCV was imported before PyAV and breaks its screen capture: put 'import av' before it.")

    def opening() -> Any:
        return opened(form, name, settings, [{"framerate": RATE}])

    return Grabbed(f"the screen {name}", opening, True, "Name another one, or start this on the desktop.")


def _opencv_came_first() -> bool:
    """Then opening a screen ends the process (OpenCV 5.0 with PyAV 18.1, both with libraries of their own for X11)."""
    order = list(sys.modules)
    return "cv2" in order and order.index("cv2") < order.index("av")
