"""The sound of a device, beside whatever shows the picture."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import av

from streamblur.errors import InputError
from streamblur.ports import Source
from streamblur.settings import Live
from streamblur.sources._devices import SOUNDS, named, opened
from streamblur.sources._onward import Onward
from streamblur.sources._packets import what

_NOTHING_YET = 0.005


class Microphone:
    """``FORMAT:NAME`` or NAME, opened at once; its times are put on the clock of ``source``. See ``ports.Sound``.

    Raises InputError when it cannot be opened.
    """

    def __init__(self, place: str, source: Source) -> None:
        self._place, self._source = place, source
        form, name = named(place, SOUNDS)
        name = {"dshow": f"audio={name}", "avfoundation": f":{name}"}.get(form, name)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            self._container: Any = opened(form, name, Live(), [{}])
            if not self._container.streams.audio:
                raise ValueError("it has no sound")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise InputError(f"the sound device {place} cannot be opened: {what(error)}.") from error

    def listen(self, hear: Callable[[Any, float], None], told: Callable[[str], None]) -> None:
        self._thread = threading.Thread(target=self._listen, args=(hear, told), name="streamblur-sound", daemon=True)
        self._thread.start()

    def _listen(self, hear: Callable[[Any, float], None], told: Callable[[str], None]) -> None:
        clock: Onward | None = None
        while not self._stop.is_set():
            try:
                for frame in self._container.decode(audio=0):
                    zero = getattr(self._source, "zero", None)
                    if self._stop.is_set():
                        return
                    if zero is None:
                        continue
                    clock = clock or Onward(zero)
                    said = float(frame.pts * frame.time_base) if frame.pts is not None else None
                    hear(frame, clock(said) - frame.samples / frame.sample_rate)
                return
            except (BlockingIOError, av.error.BlockingIOError):
                time.sleep(_NOTHING_YET)
            except (av.FFmpegError, OSError) as error:
                told(f"The sound device {self._place} is gone ({what(error)}): the recording goes on in silence.")
                return

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2)
            if self._thread.is_alive():
                return
        with contextlib.suppress(Exception):
            self._container.close()
