"""A window that shows decided frames and what goes on, and takes keys; it lives in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import av

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.sinks._child import Child
from streamblur.sinks._shown import Shown
from streamblur.values import Box, SafeFrame, StreamInfo

OTHERS = "a file such as out.mkv, rtmp://..., virtualcam: or null:"
OPENS = 30.0
"""Seconds within which a window has to be there."""
ENDS = 2.0
_VIEWER = Path(__file__).with_name("_viewer.py")


def has_display() -> bool:
    """Whether a window can be opened here, as far as can be told without trying."""
    if not sys.platform.startswith("linux"):
        return True
    display = os.environ.get("DISPLAY", "")
    if not display:
        return False
    try:
        av.open(display, format="x11grab", options={"video_size": "2x2", "draw_mouse": "0"}).close()
    except (av.FFmpegError, OSError, ValueError):
        return False
    return True


def build(settings: Settings, info: StreamInfo, place: object) -> Sink:
    """A window. Raises OutputError when there is no display, or OpenCV cannot open windows."""
    if not has_display():
        raise OutputError(f"there is no display for a window: write somewhere else with --to, to {OTHERS}.")
    return _Window(Shown(info))


class _Window:
    """``words`` are lines to show, ``marks`` boxes in upright pixels of the picture."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.words: Sequence[str] = ()
        self.marks: Sequence[Box] = ()
        self._keys: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._closed = False
        # Quiet: its complaints about fonts that it does not need stay off the terminal.
        self._child = Child([sys.executable, str(_VIEWER)], "streamblur-keys", self._told, ENDS, quiet=True)
        if not self._ready.wait(OPENS) or self._closed:
            self.abort()
            raise OutputError(
                "the window cannot be opened: reinstall opencv-contrib-python (another OpenCV may lie over it), "
                f"or write with --to to {OTHERS}."
            )

    def _told(self, line: str | None) -> None:
        what, _, rest = (line or "").partition(" ")
        if what == "key":
            self._keys.put(chr(int(rest)))
        elif what == "closed":
            self._keys.put("closed")
        self._closed = self._closed or line is None or what == "closed"
        self._ready.set()

    def write(self, frame: SafeFrame) -> None:
        """Show one frame; it is not changed. Raises OutputError when the window has died."""
        if self._closed and self._child.process.poll() not in (None, 0):
            raise OutputError("the window died; the rest goes on without it.")
        if self._closed:
            return
        pixels = self._shown.pixels(frame, "bgr24")
        marks = [[round(v) for v in (b.left, b.top, b.right, b.bottom)] for b in self.marks]
        told = {"height": pixels.shape[0], "width": pixels.shape[1], "words": list(self.words), "marks": marks}
        with contextlib.suppress(BrokenPipeError, OSError):  # closed by the user, which comes as a key
            self._child.pipe.write(json.dumps(told).encode() + b"\n")
            self._child.pipe.write(pixels.data)
            self._child.pipe.flush()

    def pressed(self) -> list[str]:
        """The keys pressed since the last time, as characters; ``closed`` when the window was closed."""
        found = []
        while not self._keys.empty():
            found.append(self._keys.get())
        return found

    def close(self) -> None:
        """Close the window."""
        self._child.close()

    def abort(self) -> None:
        """Close the window at once. Never raises."""
        self._child.abort()
