"""Frames as they come: read on a thread of their own, the newest wins, and how often they come is known."""

from __future__ import annotations

import threading
import time
from collections import deque

from streamblur.ports import Source
from streamblur.values import Frame

WAITING = 2
"""Frames that may wait to be decided on; when another comes, the oldest is dropped."""


class Intake:
    """Reads a source on its own thread. A thread that hangs in a device is left behind, and does not keep the process
    from ending."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._frames: deque[tuple[Frame, float]] = deque()
        self._changed = threading.Condition()
        self._nudged = False
        self._error: BaseException | None = None
        self.ended = False
        self.dropped = self.taken = 0
        self._stop = False
        self._thread = threading.Thread(target=self._read, name="streamblur-read", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def next(self, seconds: float) -> tuple[Frame, float] | None:
        """The next frame and when it came (``time.monotonic``), waiting so long at most, or until nudged.

        Raises what the source raised.
        """
        with self._changed:
            if not self._frames and not self.ended and not self._nudged:
                self._changed.wait(seconds)
            self._nudged = False
            if self._frames:
                self.taken += 1
                return self._frames.popleft()
            if self._error is not None:
                raise self._error
            return None

    @property
    def empty(self) -> bool:
        """Whether the source has ended and everything was taken."""
        with self._changed:
            return self.ended and not self._frames and self._error is None

    def nudge(self) -> None:
        """Let who waits for a frame look around."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def close(self, patience: float = 3.0) -> bool:
        """Stop reading and close the source; False when its thread hangs."""
        self._stop = True
        stop = getattr(self._source, "stop", None)
        if stop is not None:
            stop()
        if self._thread.ident is not None:
            self._thread.join(patience)
        if not self._thread.is_alive():
            self._source.close()
        return not self._thread.is_alive()

    def _read(self) -> None:
        try:
            for frame in self._source:
                if self._stop:
                    break
                self._put(frame, time.monotonic())
        except BaseException as error:  # handed to who takes the frames, whatever it is
            self._error = error
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _put(self, frame: Frame, now: float) -> None:
        with self._changed:
            self._frames.append((frame, now))
            while len(self._frames) > WAITING:
                self._frames.popleft()
                self.dropped += 1
            self._changed.notify_all()
