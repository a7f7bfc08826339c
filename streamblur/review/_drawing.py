"""Following what somebody drew, through the picture, both ways, until it is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from streamblur import rooms
from streamblur.errors import InputError
from streamblur.faces import PER_SCORE, Faces, FaceTrack, outward, steps
from streamblur.ports import Tracker
from streamblur.review._showing import Showing
from streamblur.settings import Settings
from streamblur.values import Box

PIECE = 48
"""Frames decoded and kept at a time."""
Report = Callable[[int, int], None]
FARTHEST = 60.0
"""Seconds each way after which a person should look again."""


def followed(showing: Showing, faces: Faces, pts: int, box: Box, report: Report | None = None) -> FaceTrack:
    """The box on the frame at ``pts`` and on those before and after it, as far as the picture shows the same, within
    the shot. Its id is 0. ``report`` hears how many frames are done, of how many at most; what it raises ends it.
    Raises InputError for an empty box or a time without a frame."""
    number = faces.frame(pts)
    if number is None or min(box.width, box.height) < 1:
        raise InputError("a drawn box needs a frame of the recording, and an inside.")
    before, after = _shot(faces, number)
    tell = report or (lambda done, total: None)
    back = _way(showing, faces, number, before, box, lambda done: tell(done, after - before))
    on = _way(showing, faces, number, after, box, lambda done: tell(number - before + done, after - before))
    boxes = [steps(outward(each)) for each in (*reversed(back), box, *on)]
    frames = np.arange(number - len(back), number + len(on) + 1, dtype=np.int64)
    zeros = np.zeros(len(frames), np.int64)
    return FaceTrack(0, frames, np.array(boxes, np.int64), zeros, zeros + PER_SCORE, True)


def _shot(faces: Faces, number: int) -> tuple[int, int]:
    """The first and the last frame of the shot that are not too far away."""
    reach = round(FARTHEST / faces.time_base)
    near = np.searchsorted(faces.times, [int(faces.times[number]) - reach, int(faces.times[number]) + reach + 1])
    begins = faces.cuts[faces.cuts <= number]
    ends = faces.cuts[faces.cuts > number]
    first = max(int(near[0]), int(begins[-1]) if len(begins) else 0)
    last = min(int(near[1]), int(ends[0]) if len(ends) else len(faces.times)) - 1
    return first, last


def _way(showing: Showing, faces: Faces, start: int, stop: int, box: Box, done: Callable[[int], None]) -> list[Box]:
    """A box for each frame from the one after ``start`` towards ``stop``, piece by piece, until it is lost."""
    found: list[Box] = []
    step = 1 if stop >= start else -1
    while (here := start + step * len(found)) != stop:
        done(len(found))
        there = here + step * min(PIECE, abs(stop - here))
        path = _piece(showing, faces, here, there, found[-1] if found else box)
        found += path
        if len(path) < abs(there - here):
            break
    return found


def _piece(showing: Showing, faces: Faces, start: int, stop: int, box: Box) -> Sequence[Box]:
    """The way of a box over frames that are decoded together."""
    tracker: Tracker = rooms.part("trackers", "motion").build(Settings(hindsight=(PIECE + 2) / 30))
    first = min(start, stop)
    for frame in showing.frames(faces, first, max(start, stop)):
        tracker.update(frame, None, False)
    return tracker.trace(box, start - first, stop - first)
