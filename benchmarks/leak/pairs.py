"""Two recordings side by side: each frame of the original with the output's frame of the same time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pair:
    """``time`` in seconds from the first frame; ``output`` in the original's size, None when it has no such frame."""

    time: float
    original: Gray
    output: Gray | None


def pictures(place: Path) -> Iterator[tuple[float, Gray]]:
    """Time from the first frame on and luma of each frame, as a player shows it (turned upright)."""
    with av.open(place) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        first: float | None = None
        for number, frame in enumerate(container.decode(stream)):
            time = _time(frame, number, stream.average_rate)
            first = time if first is None else first
            upright = np.rot90(frame.to_ndarray(format="gray"), frame.rotation // 90)
            yield time - first, np.ascontiguousarray(upright)


def _time(frame: Any, number: int, rate: Any) -> float:
    return float(frame.time) if frame.time is not None else number / float(rate or 25)


def pairs(original: Path, output: Path, limit: int | None = None) -> Iterator[Pair]:
    """The first ``limit`` frames of the original, each with the output's frame nearest in time.

    Both clocks start at their first frame. An output frame further away than the original's
    shortest step (or 1/25 s) is not the same picture: then there is none.
    """
    others = pictures(output)
    now, later = next(others, None), next(others, None)
    last, step = None, 0.04
    for time, picture in islice(pictures(original), limit):
        step = min(step, time - last) if last is not None and time > last else step
        last = time
        while now and later and abs(later[0] - time) <= abs(now[0] - time):
            now, later = later, next(others, None)
        same = now if now and abs(now[0] - time) <= step * 0.75 else None
        yield Pair(time, picture, _sized(same[1], picture) if same else None)


def _sized(picture: Gray, like: Gray) -> Gray:
    if picture.shape == like.shape:
        return picture
    return np.asarray(cv2.resize(picture, like.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
