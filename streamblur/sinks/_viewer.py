"""The process that owns the window: pictures come in on standard input, keys go out on standard output.

A process of its own, because Qt inside OpenCV and the X11 libraries inside PyAV hang when they meet in one (seen with
opencv-contrib-python 5.0.0 and PyAV 18.1), because Qt ends the process it is in when a display goes away, and because
a recording must survive that. So this file imports nothing of ours, and is run by its path.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any, BinaryIO

if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file: its neighbours are not to be taken for other packages

TITLE = "streamblur"
LARGEST = 1280, 800
"""Size up to which the window has that of the picture at first; the user may make it larger."""
WAIT = 15
"""Milliseconds for which the window is looked after before the next picture is asked for."""


def main() -> None:
    """Show until the input ends or the window is closed; says ``ready`` when the window is there."""
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if sys.platform.startswith("linux") else "")
    import cv2
    import numpy as np

    newest: queue.Queue[tuple[Any, bytes] | None] = queue.Queue(1)
    threading.Thread(target=_read, args=(sys.stdin.buffer, newest), daemon=True).start()
    cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
    begun = False
    _say("ready")
    while True:
        key = cv2.waitKey(WAIT)
        if begun and not _visible(cv2):
            _say("closed")
            return
        if key >= 0:
            _say(f"key {key & 0xFF}")
        if newest.empty():
            continue
        got = newest.get()
        if got is None:
            return
        _show(cv2, np, *got, fit=not begun)
        begun = True


def _show(cv2: Any, np: Any, told: Any, data: bytes, fit: bool) -> None:
    picture = np.frombuffer(data, np.uint8).reshape(told["height"], told["width"], 3).copy()
    _draw(cv2, picture, told)
    if fit:
        fits = min(1.0, LARGEST[0] / told["width"], LARGEST[1] / told["height"])
        cv2.resizeWindow(TITLE, round(told["width"] * fits), round(told["height"] * fits))
    cv2.imshow(TITLE, picture)


def _visible(cv2: Any) -> bool:
    """Whether the window is there; when its last window was closed, OpenCV with Qt knows none to ask about."""
    try:
        return bool(cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1)
    except cv2.error:
        return False


def _read(stream: BinaryIO, newest: queue.Queue[tuple[Any, bytes] | None]) -> None:
    """Pictures as they come; one that is not shown yet is replaced."""
    while line := stream.readline():
        told = json.loads(line)
        data = stream.read(told["height"] * told["width"] * 3)
        if len(data) < told["height"] * told["width"] * 3:
            break
        while not newest.empty():
            newest.get()
        newest.put((told, data))
    newest.put(None)


def _draw(cv2: Any, picture: Any, told: Any) -> None:
    for left, top, right, bottom in told["marks"]:
        cv2.rectangle(picture, (left, top), (right, bottom), (0, 200, 255), 2)
    scale = max(0.45, picture.shape[0] / 1200)
    line = round(34 * scale) + 4
    sizes = [cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0] for words in told["words"]]
    panel = picture[: line * len(sizes) + line // 2, : max(sizes, default=0) + line]
    panel[:] = panel // 4  # white words can be read on it, whatever is behind
    for number, words in enumerate(told["words"], 1):
        place = (line // 2, line * number)
        cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the thread that reads stands in the middle of a read, which Python's own way out does not bear
