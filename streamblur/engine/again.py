"""Deciding about frames without keeping their pictures: they are let go once they were followed, and decoded a second
time when the frames may leave.

Hindsight holds a second and more of frames. Of 4K and 8K, or at 60 frames a second, that is more memory than a laptop
has to give; a second decoder costs 5 to 10 % of the time instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from streamblur.engine.following import Followed
from streamblur.engine.looking import sampled
from streamblur.errors import InputError
from streamblur.planes import Samples, nothing
from streamblur.values import Decided, Frame


class Again:
    """Both ends of that. ``frames`` are those of the same recording, from its first on, read independently."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = frames
        self._marks: deque[Samples] = deque()

    def let_go(self, frames: Iterable[Followed]) -> Iterator[Followed]:
        """The same frames without their pictures."""
        for one in frames:
            self._marks.append(sampled(one.frame))
            yield replace(one, frame=replace(one.frame, picture=nothing()))

    def taken_up(self, decisions: Iterable[Decided[Frame]]) -> Iterator[Decided[Frame]]:
        """What was decided, with the pictures that it was decided about.

        Raises InputError when a frame is not the one that was looked at: its time, and some 2,500 samples of its
        brightness, must be the same to the bit: another recording under the same name does not get through.
        """
        frames = iter(self._frames)
        for decided in decisions:
            frame, mark = next(frames, None), self._marks.popleft()
            if frame is None or _when(frame) != _when(decided.frame) or not np.array_equal(sampled(frame), mark):
                raise _other(decided.frame)
            yield replace(decided, frame=frame)
        if (frame := next(frames, None)) is not None:
            raise _other(frame)


def _when(frame: Frame) -> tuple[object, ...]:
    return frame.pts, frame.time_base, frame.orientation


def _other(frame: Frame) -> InputError:
    return InputError(
        f"the recording at {frame.time:.3f} s is not what it was when faces were looked for: something writes to it. "
        "Wait until that has ended, and begin again."
    )
