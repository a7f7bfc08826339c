"""A video file played at its own speed, as if it came from a camera."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import av

from streamblur.errors import SettingsError
from streamblur.ports import Source
from streamblur.settings import Live
from streamblur.sources import file
from streamblur.sources._open import opened, readable
from streamblur.values import Frame, StreamInfo


def build(settings: Live, place: str) -> Source:
    """The file ``place``. Raises InputError when it is not a video, SettingsError unless it is asked for."""
    if not settings.realtime:
        raise SettingsError(
            f"{place} is a file: hide the faces in it with blur, or add --realtime to play it as if it were live."
        )
    return _Played(file.build(settings, Path(place)), Path(place))


class _Played:
    def __init__(self, inner: Source, place: Path) -> None:
        self._inner = inner
        self._stop = threading.Event()
        self.zero: float | None = None
        self._sound = _PlayedSound(place, self)
        self._hears = self._sound.there

    @property
    def info(self) -> StreamInfo:
        return replace(self._inner.info, live=True, sound=self._hears)

    @property
    def sound(self) -> _PlayedSound | None:
        return self._sound if self._hears else None

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._inner:
            if self.zero is None:
                self.zero = time.monotonic() - frame.time
            if not self.wait(frame.time):
                return
            yield frame

    def wait(self, until: float) -> bool:
        """Wait for this time of the file, in seconds; False when all is to end."""
        while self.zero is None:
            if self._stop.wait(0.01):
                return False
        return not self._stop.wait(max(0.0, self.zero + until - time.monotonic()))

    def stop(self) -> None:
        """Let the iteration end soon; from any thread."""
        self._stop.set()

    def close(self) -> None:
        self._stop.set()
        self._sound.close()
        self._inner.close()


class _PlayedSound:
    """The first sound track of the file, decoded beside the picture; see ``ports.Sound``."""

    def __init__(self, place: Path, clock: _Played) -> None:
        self._place, self._clock = place, clock
        self._thread: threading.Thread | None = None
        with ExitStack() as stack:
            self.there = bool(opened(place, stack.enter_context(readable(place)), stack).streams.audio)

    def listen(self, hear: Callable[[Any, float], None], told: Callable[[str], None]) -> None:
        self._thread = threading.Thread(target=self._play, args=(hear, told), name="streamblur-sound", daemon=True)
        self._thread.start()

    def _play(self, hear: Callable[[Any, float], None], told: Callable[[str], None]) -> None:
        try:
            with ExitStack() as stack:
                container = opened(self._place, stack.enter_context(readable(self._place)), stack)
                for frame in container.decode(audio=0):
                    at = float((frame.pts or 0) * (frame.time_base or 0))
                    if not self._clock.wait(at):
                        return
                    hear(frame, at)
        except (av.FFmpegError, OSError) as error:
            told(f"The sound of {self._place} ends: it cannot be decoded ({error}).")

    def close(self) -> None:
        self._clock.stop()
        if self._thread is not None:
            with contextlib.suppress(RuntimeError):
                self._thread.join(2)
