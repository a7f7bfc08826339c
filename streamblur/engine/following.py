"""Handing what was seen to the tracker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streamblur.engine.looking import Looked
from streamblur.planes import shown_size
from streamblur.ports import Tracker
from streamblur.timing import stage
from streamblur.values import Frame, Track


@dataclass(slots=True)
class Followed:
    """A frame, the tracks believed on it, whether it was looked at, and how large (width, height) it is shown."""

    frame: Frame
    tracks: Sequence[Track]
    looked: bool
    cut: bool
    size: tuple[int, int]


def followed(looks: Iterable[Looked], tracker: Tracker) -> Iterator[Followed]:
    """Hand every frame and what was seen on it to the tracker."""
    for look in looks:
        with stage("track"):
            tracks = tracker.update(look.frame, look.seen, look.cut)
        size = shown_size(look.frame.picture, look.frame.orientation)
        yield Followed(look.frame, tracks, look.seen is not None, look.cut, size)
