"""A camera of this system: v4l2 on Linux, avfoundation on macOS, dshow on Windows."""

from __future__ import annotations

import sys
from typing import Any

from streamblur.ports import Source
from streamblur.settings import Live
from streamblur.sources._devices import CAMERAS, named, opened
from streamblur.sources._grabbed import Grabbed

_GOOD = {"video_size": "1280x720", "framerate": "30"}


def build(settings: Live, place: str) -> Source:
    """``camera:NUMBER``, ``camera:NAME`` or ``camera:FORMAT:NAME``. Raises InputError when it cannot be opened.

    Without a size 1280x720 is asked for, as JPEG first, which most need for that at 30 frames a second; else whatever
    the camera gives by itself.
    """
    rest = place.partition(":")[2] or "0"
    form, name = named(rest, CAMERAS)
    wishes = _wishes(form, settings)

    def opening() -> Any:
        return opened(form, address(form, name), settings, wishes)

    return Grabbed(f"the camera {rest}", opening, True, f"See which there are: streamblur devices.{_hint()}")


def address(form: str, name: str) -> str:
    """What FFmpeg calls the camera."""
    if form == "v4l2" and name.isdecimal():
        return f"/dev/video{name}"
    if form == "dshow":
        return f"video={name}"
    return name


def _wishes(form: str, settings: Live) -> list[dict[str, str]]:
    size = {} if settings.size or settings.fps else _GOOD
    jpeg = {"v4l2": {"input_format": "mjpeg"}, "dshow": {"vcodec": "mjpeg"}}.get(form, {})
    whole: list[dict[str, str]] = [size | jpeg, size, {"framerate": "30"} if form == "avfoundation" else {}]
    return whole


def _hint() -> str:
    hints = {"darwin": " Allow the terminal to use the camera in System Settings.", "win32": ""}
    return hints.get(sys.platform, "")
