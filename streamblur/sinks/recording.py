"""A recording of live pictures: written in whole pieces as it goes, so that whatever happens it plays up to there.

Unlike the output of ``blur`` it has its name from the start: what was recorded before a crash is all there will ever
be of it, and it holds decided frames only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Live
from streamblur.sinks import _codecs
from streamblur.sinks._heard import HeardTrack
from streamblur.sinks._partial import checked
from streamblur.sinks._picture import PictureTrack
from streamblur.values import SafeFrame, StreamInfo

_PIECES = {
    "mp4": {"movflags": "empty_moov+default_base_moof+delay_moov", "frag_duration": "1000000"},
    "mov": {"movflags": "empty_moov+default_base_moof+delay_moov", "frag_duration": "1000000"},
    "matroska": {"cluster_time_limit": "1000"},
    "webm": {"cluster_time_limit": "1000"},
    "mpegts": {},
    "flv": {"flvflags": "no_duration_filesize"},
}
"""What makes a container playable up to where it was written."""
_SOUND = {"webm": "libopus"}
_BITEXACT = 0x400  # AVFMT_FLAG_BITEXACT: no name of the writing program, no random numbers


def build(settings: Live, info: StreamInfo, place: Path) -> Sink:
    """A new recording at ``place``; its suffix chooses the container.

    Raises OutputError when it cannot be written, would replace something, or would not survive a crash in this
    container; so do writing and closing.
    """
    chosen = _codecs.container(place)
    if chosen.format not in _PIECES:
        raise OutputError(f"{place.suffix} is lost whole in a crash: record to .mkv or .mp4.")
    checked(place, info.origin, settings.force)
    return _Recording(settings, info, place, chosen)


class _Recording:
    def __init__(self, settings: Live, info: StreamInfo, place: Path, chosen: _codecs.Container) -> None:
        self._place = place
        self._first: int | None = None
        self._start = self._end = 0.0
        self._done = False
        told = {"flush_packets": "1", "max_interleave_delta": "500000"} | _PIECES[chosen.format]
        with self._told():
            self._container: Any = av.open(str(place.absolute()), "w", format=chosen.format, container_options=told)
        try:
            self._container.flags |= _BITEXACT
            self._picture = PictureTrack(self._container, chosen, settings, info, place, None)
            hears = settings.audio and (info.sound or bool(settings.audio_device))
            self._sound = HeardTrack(self._container, _SOUND.get(chosen.format, "aac")) if hears else None
        except BaseException:
            self.abort()
            raise

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user."""
        return self._picture.notes

    def hear(self, sound: Any, time: float) -> None:
        """Sound that begins at this time in seconds, on the clock of the frames."""
        if self._sound is not None:
            self._sound.hear(sound, time)

    def write(self, frame: SafeFrame) -> None:
        """Encode one frame; the recording begins with the first. Raises OutputError when that cannot be done."""
        with self._told():
            if self._first is None:
                self._first, self._start = frame.pts, frame.time
            self._end = frame.time
            frame.pts -= self._first
            self._container.mux(self._picture.encode(frame))
            if self._sound is not None:
                self._container.mux(self._sound.until(self._start, self._end))

    def close(self) -> None:
        """Finish the file; an empty one is removed. Raises OutputError when that fails."""
        if self._done:
            return
        if self._first is None:
            self.abort()
            return
        self._done = True
        with self._told():
            self._container.mux(self._picture.rest())
            if self._sound is not None:
                self._container.mux(self._sound.rest(self._start, self._end))
            self._container.close()

    def abort(self) -> None:
        """Leave what was recorded as it is. Never raises."""
        if self._done:
            return
        self._done = True
        with contextlib.suppress(Exception):
            self._container.close()
        if self._first is None:
            with contextlib.suppress(OSError):
                self._place.unlink()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError, ValueError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise OutputError(
                f"cannot record to {self._place}: {what}. Check the folder and the space left."
            ) from error
