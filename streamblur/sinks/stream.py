"""Live pictures to the network: H.264 without delay, and sound as AAC. A connection that breaks is made again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Live
from streamblur.sinks._heard import HeardTrack
from streamblur.sinks._shown import Shown
from streamblur.values import SafeFrame, StreamInfo

FORMATS = {"rtmp": "flv", "rtmps": "flv", "rtsp": "rtsp", "rtsps": "rtsp", "udp": "mpegts", "tcp": "mpegts"}
FORMATS |= {"srt": "mpegts"}
LIMIT = 8_000_000
"""Bits a second at most."""
TICKS = Fraction(1, 90000)
AGAIN = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between attempts to connect again."""
OPENS = 10.0
"""Seconds that a connection, or a write, may take."""


def build(settings: Live, info: StreamInfo, place: str) -> Sink:
    """A stream to the address ``place``. Raises OutputError when it cannot be reached, or not in this way."""
    scheme = place.partition(":")[0].lower()
    if scheme not in FORMATS:
        raise OutputError(f"{scheme}:// cannot be written to: use {', '.join(sorted(FORMATS))} or a file.")
    return _Stream(settings, info, place, FORMATS[scheme])


class _Stream:
    def __init__(self, settings: Live, info: StreamInfo, place: str, form: str) -> None:
        self._settings, self._info, self._place, self._format = settings, info, place, form
        self._shown = Shown(info)
        self._start: float | None = None
        self._last = -1
        self._breaks = 0
        self._next_try = 0.0
        self._container: Any = None
        self.told: Callable[[str], None] = lambda sentence: None
        try:
            self._open()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"cannot stream to {safe(place)}: {_what(error)}. Check the address.") from error

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user."""
        times = f"{self._breaks} time{'s' if self._breaks > 1 else ''}"
        return (f"the stream to {safe(self._place)} broke off {times}",) if self._breaks else ()

    def hear(self, sound: Any, time: float) -> None:
        """Sound that begins at this time in seconds, on the clock of the frames."""
        if self._container is not None and self._sound is not None:
            self._sound.hear(sound, time)

    def write(self, frame: SafeFrame) -> None:
        """Send one frame. While the connection is broken, frames are dropped."""
        try:
            if self._container is None and time.monotonic() >= self._next_try:
                self._open()
            if self._container is not None:
                self._send(frame)
        except (av.FFmpegError, OSError, ValueError) as error:
            self._broken(error)

    def _open(self) -> None:
        told = {"flush_packets": "1", "max_interleave_delta": "200000"}
        told |= {"rtsp_transport": "tcp"} if self._format == "rtsp" else {}
        told |= {"flvflags": "no_duration_filesize"} if self._format == "flv" else {}
        place, times = self._place, (OPENS, OPENS)
        container: Any = av.open(place, "w", format=self._format, container_options=told, timeout=times)
        try:
            self._video = container.add_stream("libx264", rate=self._rate(), options=self._options())
            self._video.width, self._video.height = (side - side % 2 for side in self._shown.size)
            self._video.pix_fmt, self._video.time_base = "yuv420p", TICKS
            self._video.codec_context.time_base = TICKS
            self._video.codec_context.gop_size = round(2 * self._rate())
            hears = self._settings.audio and (self._info.sound or bool(self._settings.audio_device))
            self._sound = HeardTrack(container) if hears else None
            container.start_encoding()
        except BaseException:
            with contextlib.suppress(Exception):
                container.close()
            raise
        self._container, self._start, self._last, self._tries = container, None, -1, 0

    def _rate(self) -> Fraction:
        return (self._info.rate or Fraction(30)).limit_denominator(1001)

    def _options(self) -> dict[str, str]:
        crf = self._settings.crf if self._settings.crf is not None else 23
        limits = {"maxrate": str(LIMIT), "bufsize": str(LIMIT // 2)}
        return {"preset": self._settings.preset, "tune": "zerolatency", "crf": str(crf), "bf": "0"} | limits

    def _send(self, frame: SafeFrame) -> None:
        if self._start is None:
            self._start = frame.time
        picture = self._shown.picture(frame, "yuv420p")
        if (picture.width, picture.height) != (self._video.width, self._video.height):
            picture = picture.reformat(self._video.width, self._video.height)
        self._last = max(self._last + 1, round((frame.time - self._start) / TICKS))
        picture.pts, picture.time_base, picture.pict_type = self._last, TICKS, 0
        self._container.mux(self._video.encode(picture))
        if self._sound is not None:
            self._container.mux(self._sound.until(self._start, frame.time))

    def _broken(self, error: Exception) -> None:
        if self._container is not None:
            self._breaks += 1
            self.told(f"The stream to {safe(self._place)} broke off ({_what(error)}): trying again.")
            self._let_go()
        self._tries = min(self._tries + 1, len(AGAIN))
        self._next_try = time.monotonic() + AGAIN[self._tries - 1]

    def _let_go(self) -> None:
        container, self._container = self._container, None
        with contextlib.suppress(Exception):
            container.close()

    def close(self) -> None:
        """End the stream."""
        if self._container is not None:
            with contextlib.suppress(Exception):
                self._container.mux(self._video.encode(None))
                if self._sound is not None and self._start is not None:
                    self._container.mux(self._sound.rest(self._start, self._start + self._last * float(TICKS)))
            self._let_go()

    def abort(self) -> None:
        """End at once. Never raises."""
        if self._container is not None:
            self._let_go()


def safe(place: str) -> str:
    """The address without what may be a secret in it: passwords, and the last part, which often is a stream key."""
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('/')[0]}"


def _what(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
