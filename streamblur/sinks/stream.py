"""Live pictures to the network: H.264 without delay, and sound as AAC. A connection that breaks is made again."""

from __future__ import annotations

import contextlib
import pickle
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Live
from streamblur.sinks._child import Child
from streamblur.sinks._sending import OPENS, Asked
from streamblur.sinks._shown import Shown
from streamblur.values import SafeFrame, StreamInfo

FORMATS = {"rtmp": "flv", "rtmps": "flv", "rtsp": "rtsp", "rtsps": "rtsp", "udp": "mpegts", "tcp": "mpegts"}
FORMATS |= {"srt": "mpegts"}
CRF = 23
ENDS = 5.0
"""Seconds in which a stream has to end."""
_RUN = "import sys; sys.path[:] = {path!r}; from streamblur.sinks._sending import main; main()"


def build(settings: Live, info: StreamInfo, place: str) -> Sink:
    """A stream to the address ``place``. Raises OutputError when it cannot be reached, or not in this way."""
    scheme = place.partition(":")[0].lower()
    if scheme not in FORMATS:
        raise OutputError(f"{scheme}:// cannot be written to: use {', '.join(sorted(FORMATS))} or a file.")
    shown = Shown(info)
    width, height = (side - side % 2 for side in shown.size)
    rate = (info.rate or Fraction(30)).limit_denominator(1001)
    hears = settings.audio and (info.sound or bool(settings.audio_device))
    crf = settings.crf if settings.crf is not None else CRF
    return _Stream(Asked(place, FORMATS[scheme], (width, height), rate, settings.preset, crf, hears), shown)


class _Stream:
    """Hands everything to ``_sending`` in a process of its own."""

    def __init__(self, asked: Asked, shown: Shown) -> None:
        self._asked, self._shown = asked, shown
        self._breaks = 0
        self._failed = ""
        self._answered = threading.Event()
        self.told: Callable[[str], None] = lambda sentence: None
        command = [sys.executable, "-c", _RUN.format(path=[p for p in sys.path if p])]
        self._child = Child(command, "streamblur-stream", self._told, ENDS)
        self._put(asked)
        self._answered.wait(2 * OPENS)
        if self._failed or not self._answered.is_set():
            self.abort()
            why = self._failed or "no answer"
            raise OutputError(f"cannot stream to {safe(asked.place)}: {why}. Check the address.")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user."""
        times = f"{self._breaks} time{'s' if self._breaks > 1 else ''}"
        return (f"the stream to {safe(self._asked.place)} broke off {times}",) if self._breaks else ()

    def hear(self, sound: Any, time: float) -> None:
        """Sound that begins at this time in seconds, on the clock of the frames."""
        if self._asked.hears:
            self._put(("sound", time, sound.to_ndarray(), sound.format.name, sound.layout.name, sound.sample_rate))

    def write(self, frame: SafeFrame) -> None:
        """Send one frame. Raises OutputError when the process that sends has died."""
        if self._child.process.poll() is not None:
            raise OutputError(f"the stream to {safe(self._asked.place)} ended: {self._failed or 'its process died'}.")
        picture = self._shown.picture(frame, "yuv420p")
        if (picture.width, picture.height) != self._asked.size:
            picture = picture.reformat(*self._asked.size)
        self._put(("picture", frame.time, picture.to_ndarray()))

    def _put(self, thing: Any) -> None:
        with contextlib.suppress(OSError, ValueError):  # it died, which the next frame tells
            pickle.dump(thing, self._child.pipe, protocol=5)
            self._child.pipe.flush()

    def _told(self, line: str | None) -> None:
        word, _, rest = (line or "").partition(" ")
        if line is None:
            self._failed = self._failed or "its process ended"
        elif word == "failed":
            self._failed = rest
        elif word == "told":
            self._breaks += 1
            self.told(f"The stream to {safe(self._asked.place)} broke off ({rest}): trying again.")
        self._answered.set()

    def close(self) -> None:
        """End the stream."""
        self._child.close()

    def abort(self) -> None:
        """End at once. Never raises."""
        self._child.abort()


def safe(place: str) -> str:
    """The address without what may be a secret in it: passwords, and the path, which often is a stream key."""
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
