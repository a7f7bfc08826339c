"""The preview on an X screen of its own: what it shows, its keys, and how it ends."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip, make
from screens import screen

TESTS = Path(__file__).parent
RUN = """if True:
    import sys; sys.path.insert(0, {tests!r})
    from test_live import Stub, rooms, main
    rooms.detector_for = lambda settings: Stub()
    main(["live", {clip!r}, "--realtime", "--to", "window:", "--to", {out!r}])
"""
ASK_TO_CLOSE = """if True:
    import ctypes, sys

    class Message(ctypes.Structure):
        _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                    ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                    ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("rest", ctypes.c_long * 24)]

    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype, x.XInternAtom.restype = ctypes.c_void_p, ctypes.c_ulong
    x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    x.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display, window = x.XOpenDisplay(None), int(sys.argv[1])
    message = Message(33, 0, 1, display, window, x.XInternAtom(display, b"WM_PROTOCOLS", 0), 32)
    message.data[0] = x.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    x.XSendEvent(display, window, 0, 0, ctypes.byref(message))
    x.XCloseDisplay(display)
"""
"""What a window manager does when its close button is pressed; xdotool of Debian 12 cannot."""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed")
    with screen("800x600") as name:
        yield name


class Preview:
    """A run of the command with a window, on that display."""

    def __init__(self, display: str, folder: Path) -> None:
        self._display, self.out, self._folder = display, folder / "out.mkv", folder
        clip = make(folder / "clip.mp4", Clip(size=(320, 240), times=tuple(range(1500))))
        environment = {"DISPLAY": display, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(TESTS.parent)}
        code = RUN.format(tests=str(TESTS), clip=str(clip), out=str(self.out))
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.window = self._found()

    def _found(self) -> str:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            said = self.do("search", "--name", "^streamblur$").split()
            if said and self.out.exists():
                time.sleep(2)
                return said[-1]
            time.sleep(0.2)
        raise AssertionError(f"no window: {self.process.communicate()}")

    def do(self, *words: str) -> str:
        command = ["xdotool", *words]
        return subprocess.run(
            command, env={"DISPLAY": self._display}, capture_output=True, text=True, timeout=20, check=False
        ).stdout

    def press(self, key: str) -> None:
        self.do("key", "--window", self.window, key)
        time.sleep(0.3)

    def close_button(self) -> None:
        command = [sys.executable, "-c", ASK_TO_CLOSE, self.window]
        subprocess.run(command, env={"DISPLAY": self._display}, check=True, timeout=20)

    def picture(self) -> Any:
        """What the screen shows."""
        with av.open(self._display, format="x11grab", options={"video_size": "320x240", "draw_mouse": "0"}) as screen:
            return next(screen.decode(video=0)).to_ndarray(format="rgb24")

    def press_until(self, key: str, holds: Callable[[Any], bool], what: str) -> None:
        """Press it until it holds of what the screen shows: a window that is busy may miss a key."""
        for _ in range(5):
            self.press(key)
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                if holds(self.picture().astype(int)):
                    return
                time.sleep(0.1)
        raise AssertionError(what)

    def ended(self) -> tuple[int, str, str]:
        said, complained = self.process.communicate(timeout=30)
        return self.process.returncode, said, complained


@pytest.fixture
def preview(display: str, tmp_path: Path) -> Iterator[Preview]:
    shown = Preview(display, tmp_path)
    yield shown
    if shown.process.poll() is None:
        shown.process.kill()
    shown.process.communicate()


def test_the_keys_do_what_the_help_says(preview: Preview) -> None:
    def edges(picture: Any) -> Any:
        return np.abs(np.diff(picture[120:], axis=1)).max()

    def helped(now: Any) -> bool:
        return bool(np.abs(now - before)[60:200, :200].mean() > 5)

    before = preview.picture().astype(int)
    preview.press_until("h", helped, "the help")
    preview.press_until("h", lambda now: not helped(now), "no help any more")
    preview.press_until("space", lambda now: edges(now) < 12, "no edge of the picture")
    preview.press_until("space", lambda now: edges(now) > 40, "the picture again")
    preview.press_until(
        "b",
        lambda now: ((now[..., 1] - now[..., 0] > 60) & (now[..., 1] - now[..., 2] > 60)).sum() > 100,
        "a green frame",
    )
    for key in ("b", "s", "plus", "minus", "d", "r"):
        preview.press(key)
    deadline = time.monotonic() + 20
    while not (recorded := list(preview.out.parent.glob("streamblur-*.mkv"))):
        assert time.monotonic() < deadline, "a recording"
        time.sleep(0.1)
    assert len(recorded) == 1
    time.sleep(1)  # something to be seen in it
    preview.press("r")
    preview.press("q")
    code, said, complained = preview.ended()
    assert (code, complained) == (0, "")
    assert "frames" in said
    for place in (preview.out, *recorded):
        with av.open(place) as container:
            assert container.duration
            assert sum(1 for _ in container.decode(video=0)) > 5


def test_closing_the_window_ends_the_run_cleanly(preview: Preview) -> None:
    preview.close_button()
    code, _, complained = preview.ended()
    assert (code, complained) == (0, "")
    with av.open(preview.out) as container:
        assert sum(1 for _ in container.decode(video=0)) > 5


def test_a_window_that_dies_does_not_end_the_recording(preview: Preview) -> None:
    preview.do("windowkill", preview.window)
    time.sleep(2)
    assert preview.process.poll() is None
    preview.process.send_signal(signal.SIGINT)
    code, _, complained = preview.ended()
    assert code == 130
    assert "window died" in complained
