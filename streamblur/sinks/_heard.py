"""The sound of a live output: encoded anew, in time with the picture, silent where none came."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import OutputContainer

RATE = 48000
APART = 0.1
"""Seconds by which sound may come earlier or later than the sound before it ends, before that counts: clocks of
devices are not exact, and moving every piece would be heard."""
MOST_WAITING = 20.0
"""Seconds of sound that wait for their picture at most."""
_PIECE = 4800


class HeardTrack:
    """Takes sound as it comes; gives the packets up to the time that the picture has reached."""

    def __init__(self, container: OutputContainer, codec: str = "aac") -> None:
        self._track: Any = container.add_stream(codec, rate=RATE, layout="stereo")
        self._resampler = AudioResampler("fltp", "stereo", RATE)
        self._waiting: deque[tuple[Any, float]] = deque()
        self._next: int | None = None

    def hear(self, frame: Any, time: float) -> None:
        """Sound that begins at this time in seconds."""
        self._waiting.append((frame, time))
        while self._waiting and time - self._waiting[0][1] > MOST_WAITING:
            self._waiting.popleft()

    def until(self, start: float, time: float) -> list[Any]:
        """Packets of what was heard before ``time``; the output begins at ``start`` (both in seconds)."""
        packets: list[Any] = []
        while self._waiting and self._waiting[0][1] < time:
            frame, begins = self._waiting.popleft()
            packets += self._placed(frame, begins - start)
        return packets

    def rest(self, start: float, time: float) -> list[Any]:
        """The packets that are left; the picture ends at ``time``."""
        packets = self.until(start, time)
        return packets + (list(self._track.encode(None)) if self._next is not None else [])

    def _placed(self, frame: Any, begins: float) -> list[Any]:
        packets: list[Any] = []
        frame.pts = None
        for piece in self._resampler.resample(frame):
            samples = piece.to_ndarray()
            at = round(begins * RATE)
            begins += samples.shape[1] / RATE
            if self._next is None:
                self._next = 0
            if at - self._next > APART * RATE:
                packets += self._said(np.zeros((2, at - self._next), np.float32))
            elif self._next - at > APART * RATE:
                samples = samples[:, self._next - at :]
            packets += self._said(samples)
        return packets

    def _said(self, samples: Any) -> list[Any]:
        packets: list[Any] = []
        for first in range(0, samples.shape[1], _PIECE):
            part = np.ascontiguousarray(samples[:, first : first + _PIECE])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), self._next
            self._next = (self._next or 0) + part.shape[1]
            packets += self._track.encode(frame)
        return packets
