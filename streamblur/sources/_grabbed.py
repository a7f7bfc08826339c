"""Frames of a device or a connection, for as long as it lasts; when it breaks it is opened again, later and later."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from typing import Any

import av
from av import VideoFrame

from streamblur.errors import InputError
from streamblur.sources._onward import Onward
from streamblur.sources._packets import Broken, GrabbedSound, decoded, what
from streamblur.sources._pictures import Pictures, orientation
from streamblur.values import Frame, StreamInfo

AGAIN = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts."""
SILENT = 5.0
"""Seconds without a picture after which a device is taken to be gone."""
TICKS = Fraction(1, 90000)
_NOTHING_YET = 0.002

Open = Callable[[], Any]
"""Opens the container; raises what PyAV raises."""


class Grabbed:
    """``name`` is for people, and ``hint`` what they may do when it cannot be opened at first, which raises InputError;
    ``endless`` says that an end is a broken connection."""

    def __init__(self, name: str, opening: Open, endless: bool, hint: str) -> None:
        self._name, self._opening, self._endless = name, opening, endless
        self._stop = threading.Event()
        self._clock = Onward(time.monotonic())
        self._last = -1
        self._times = 0
        self.breaks = 0
        self.damaged = 0
        self._heard = GrabbedSound()
        self._container: Any = None
        try:
            self._connect()
            self._pictures = self._decoded()
            first: VideoFrame | None = next(self._pictures, None)
        except (av.FFmpegError, OSError, ValueError, Broken) as error:
            self.close()
            raise InputError(f"{name} cannot be opened: {what(error)}. {hint}") from error
        if first is None:
            self.close()
            raise InputError(f"{name} gives no picture.")
        self._fit = Pictures(first)
        self._orientation = orientation(first)
        self._first: Frame | None = self._frame(first)  # now: its time is that at which it came

    @property
    def info(self) -> StreamInfo:
        rate = self._stream.average_rate or self._stream.guessed_rate or None
        notes = self._fit.notes
        if self.breaks:
            notes += (f"{self._name} broke off {self.breaks} time{'s' if self.breaks > 1 else ''}",)
        if self.damaged:
            notes += (f"{self.damaged} damaged pictures were left out",)
        sane = rate if rate and 1 <= rate <= 240 else None
        fit = self._fit
        return StreamInfo(
            fit.width,
            fit.height,
            sane,
            TICKS,
            fit.pixel_format,
            self._orientation,
            True,
            notes=notes,
            sound=self._hears,
        )

    @property
    def zero(self) -> float:
        """When the time of the frames is 0 (``time.monotonic``)."""
        return self._clock.zero

    @property
    def sound(self) -> GrabbedSound | None:
        return self._heard if self._hears else None

    def __iter__(self) -> Iterator[Frame]:
        if self._first is not None:
            yield self._first
            self._first = None
        while not self._stop.is_set():
            try:
                with closing(self._pictures) as pictures:
                    for picture in pictures:
                        yield self._frame(picture)
                if not self._endless:
                    return
            except (av.FFmpegError, OSError, Broken):
                pass
            self.breaks += not self._stop.is_set()
            self._reconnect()

    def _frame(self, picture: VideoFrame) -> Frame:
        self._times = 0
        said = float(picture.pts * picture.time_base) if picture.pts is not None and picture.time_base else None
        self._last = max(self._last + 1, round(self._clock(said) / TICKS))
        return Frame(self._fit(picture), self._last, TICKS, self._orientation)

    def _connect(self) -> None:
        self._container = self._opening()
        streams = self._container.streams
        if not streams.video:
            raise Broken("it shows no picture")
        self._stream = streams.video[0]
        self._stream.codec_context.thread_type = "SLICE"  # threads a frame each would hold frames back
        self._hears = bool(streams.audio)
        self._clock.anew()

    def _reconnect(self) -> None:
        self._disconnect()
        while not self._stop.wait(AGAIN[min(self._times, len(AGAIN) - 1)]):
            self._times += 1
            try:
                self._connect()
            except (av.FFmpegError, OSError, ValueError, Broken):
                self._disconnect()
                continue
            self._pictures = self._decoded()
            return

    def _decoded(self) -> Any:
        """Pictures as they come; a device that has none yet is asked again. What a decoder patched with pieces of
        other pictures is left out: a face could be where nobody looks."""
        for packet in self._packets():
            if packet.stream is self._stream or packet.stream.index == self._stream.index:
                for picture in decoded(packet):
                    if picture.is_corrupt or packet.is_corrupt:
                        self.damaged += 1
                    else:
                        yield picture
            elif packet.stream.type == "audio" and packet.stream.index == self._container.streams.audio[0].index:
                for sound in decoded(packet):
                    said = float(sound.pts * sound.time_base) if sound.pts is not None else None
                    self._heard.hear(sound, self._clock(said))

    def _packets(self) -> Iterator[Any]:
        wanted = [self._stream, *self._container.streams.audio[:1]]
        quiet = time.monotonic()
        while not self._stop.is_set():
            try:
                for packet in self._container.demux(*wanted):
                    quiet = time.monotonic()
                    if self._stop.is_set():
                        return
                    yield packet
                return
            except (BlockingIOError, av.error.BlockingIOError):
                if time.monotonic() - quiet > SILENT:
                    raise Broken("it gives no picture any more") from None
                time.sleep(_NOTHING_YET)

    def _disconnect(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            with contextlib.suppress(Exception):
                container.close()

    def stop(self) -> None:
        """Let the iteration end soon; from any thread."""
        self._stop.set()

    def close(self) -> None:
        """Give the device or connection back, once nobody iterates. May be called twice."""
        self._stop.set()
        self._disconnect()
