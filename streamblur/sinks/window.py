"""A window that shows decided frames, what goes on, and takes keys. To be used on the main thread only."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.sinks._shown import Shown
from streamblur.values import Box, SafeFrame, StreamInfo

TITLE = "streamblur"
LARGEST = 1280, 800
"""Size up to which the window has that of the picture at first; the user may make it larger."""
OTHERS = "a file such as out.mkv, rtmp://..., virtualcam: or null:"


def has_display() -> bool:
    """Whether a window can be opened here. Asked before Qt is, which ends the whole process when it cannot."""
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
    """A window. Raises OutputError when there is no display."""
    if not has_display():
        raise OutputError(f"there is no display for a window: write somewhere else with --to, to {OTHERS}.")
    # Qt's own complaint that OpenCV brings no fonts: none are needed, the words are drawn into the picture.
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")
    import cv2

    try:
        return _Window(Shown(info))
    except cv2.error as error:
        raise OutputError(
            "this OpenCV cannot open windows (another OpenCV package was installed over it): "
            f"reinstall opencv-contrib-python, or write with --to to {OTHERS}."
        ) from error


class _Window:
    """``words`` are lines to show, ``marks`` boxes in upright pixels of the picture."""

    def __init__(self, shown: Shown) -> None:
        import cv2

        self._cv2: Any = cv2
        self._shown = shown
        self.words: Sequence[str] = ()
        self.marks: Sequence[Box] = ()
        self._open = True
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        width, height = shown.size
        fits = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
        cv2.resizeWindow(TITLE, round(width * fits), round(height * fits))

    def write(self, frame: SafeFrame) -> None:
        """Show one frame; it is not changed."""
        if self._open:
            picture = self._shown.pixels(frame, "bgr24")
            self._draw(picture)
            self._cv2.imshow(TITLE, picture)

    def _draw(self, picture: NDArray[np.uint8]) -> None:
        cv2 = self._cv2
        for box in self.marks:
            start, stop = (round(box.left), round(box.top)), (round(box.right), round(box.bottom))
            cv2.rectangle(picture, start, stop, (0, 200, 255), 2)
        scale = max(0.4, picture.shape[0] / 1440)
        line = round(34 * scale) + 4
        for number, words in enumerate(self.words, 1):
            place = (line // 2, line * number)
            for colour, thick in (((0, 0, 0), 4), ((255, 255, 255), 1)):
                cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick, cv2.LINE_AA)

    def pressed(self) -> list[str]:
        """The key pressed since the last time, as a character; ``closed`` when the window was closed."""
        if not self._open:
            return ["closed"]
        key = self._cv2.pollKey()
        if self._cv2.getWindowProperty(TITLE, self._cv2.WND_PROP_VISIBLE) < 1:
            self._open = False
            return ["closed"]
        return [chr(key & 0xFF)] if key >= 0 else []

    def close(self) -> None:
        """Close the window."""
        if self._open:
            self._open = False
            self._cv2.destroyWindow(TITLE)
            self._cv2.pollKey()

    def abort(self) -> None:
        """Close the window. Never raises."""
        with contextlib.suppress(Exception):
            self.close()
