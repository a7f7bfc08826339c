"""The process that sends a stream: pictures and sound come in on standard input, encoded they go out to the network.

A process of its own, because PyAV holds Python's lock while it connects (18.1), and nothing else may stand still for
as long as somebody's server does not answer.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av import VideoFrame

from streamblur.sinks._heard import HeardTrack

LIMIT = 8_000_000
"""Bits a second at most."""
TICKS = Fraction(1, 90000)
AGAIN = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between attempts to connect again."""
OPENS = 10.0
"""Seconds that a connection, or a write, may take."""


@dataclass(frozen=True)
class Asked:
    """Where to and how: ``form`` the container, ``size`` in pixels, ``rate`` in frames a second."""

    place: str
    form: str
    size: tuple[int, int]
    rate: Fraction
    preset: str
    crf: int
    hears: bool


def main() -> None:
    """Send what comes on standard input; say ``ready``, then what goes wrong."""
    asked: Asked = pickle.load(sys.stdin.buffer)
    try:
        stream = Sending(asked, lambda sentence: _say(f"told {sentence}"))
    except (av.FFmpegError, OSError, ValueError) as error:
        _say(f"failed {what(error)}")
        return
    _say("ready")
    with contextlib.suppress(EOFError):
        while True:
            kind, at, pixels, *form = pickle.load(sys.stdin.buffer)
            if kind == "picture":
                stream.write(VideoFrame.from_ndarray(pixels, "yuv420p"), at)
            else:
                sound = av.AudioFrame.from_ndarray(pixels, *form[:2])
                sound.sample_rate = form[2]
                stream.hear(sound, at)
    stream.close()


def _say(line: str) -> None:
    print(line.replace("\n", " "), flush=True)


class Sending:
    """One connection after the other to the same place. The first must be there at once."""

    def __init__(self, asked: Asked, told: Callable[[str], None]) -> None:
        self._asked, self._told = asked, told
        self._start: float | None = None
        self._last = -1
        self._tries = 0
        self._next_try = 0.0
        self._container: Any = None
        self._open()

    def hear(self, sound: Any, time: float) -> None:
        """Sound that begins at this time in seconds, on the clock of the pictures."""
        if self._container is not None and self._sound is not None:
            self._sound.hear(sound, time)

    def write(self, picture: VideoFrame, at: float) -> None:
        """Send one picture of this time in seconds. While the connection is broken, pictures are dropped."""
        try:
            if self._container is None and time.monotonic() >= self._next_try:
                self._open()
            if self._container is not None:
                self._send(picture, at)
        except (av.FFmpegError, OSError, ValueError) as error:
            self._broken(error)

    def _open(self) -> None:
        form = self._asked.form
        told = {"flush_packets": "1", "max_interleave_delta": "200000"}
        told |= {"rtsp_transport": "tcp"} if form == "rtsp" else {}
        told |= {"flvflags": "no_duration_filesize"} if form == "flv" else {}
        times = (OPENS, OPENS)
        container: Any = av.open(self._asked.place, "w", format=form, container_options=told, timeout=times)
        try:
            self._add_picture(container)
            self._sound = HeardTrack(container) if self._asked.hears else None
            container.start_encoding()
        except BaseException:
            with contextlib.suppress(Exception):
                container.close()
            raise
        self._container, self._start, self._last, self._tries = container, None, -1, 0

    def _add_picture(self, container: Any) -> None:
        limits = {"maxrate": str(LIMIT), "bufsize": str(LIMIT // 2)}
        how = {"preset": self._asked.preset, "tune": "zerolatency", "crf": str(self._asked.crf), "bf": "0"} | limits
        self._video = container.add_stream("libx264", rate=self._asked.rate, options=how)
        self._video.width, self._video.height = self._asked.size
        self._video.pix_fmt, self._video.time_base = "yuv420p", TICKS
        self._video.codec_context.time_base = TICKS
        self._video.codec_context.gop_size = round(2 * self._asked.rate)

    def _send(self, picture: VideoFrame, at: float) -> None:
        if self._start is None:
            self._start = at
        self._last = max(self._last + 1, round((at - self._start) / TICKS))
        picture.pts, picture.time_base = self._last, TICKS
        self._container.mux(self._video.encode(picture))
        if self._sound is not None:
            self._container.mux(self._sound.until(self._start, at))

    def _broken(self, error: Exception) -> None:
        if self._container is not None:
            self._told(what(error))
            self._let_go()
        self._tries = min(self._tries + 1, len(AGAIN))
        self._next_try = time.monotonic() + AGAIN[self._tries - 1]

    def _let_go(self) -> None:
        container, self._container = self._container, None
        with contextlib.suppress(Exception):
            container.close()

    def close(self) -> None:
        """End the stream."""
        if self._container is None:
            return
        with contextlib.suppress(Exception):
            self._container.mux(self._video.encode(None))
            if self._sound is not None and self._start is not None:
                self._container.mux(self._sound.rest(self._start, self._start + self._last * float(TICKS)))
        self._let_go()


def what(error: Exception) -> str:
    """The reason in an error of FFmpeg or the system."""
    if isinstance(error, av.error.ProtocolNotFoundError):
        return "this PyAV's FFmpeg was built without that protocol; use another one"
    return getattr(error, "strerror", None) or str(error)
