"""What each room must offer. Narrow on purpose: its width is paid for by every part behind it.

A part is one module in its room with a function ``build``:

    sources/NAME.py     build(settings, place) -> Source
    detectors/NAME.py   build(settings) -> Detector
    trackers/NAME.py    build(settings) -> Tracker
    obscurers/NAME.py   build(settings, component) -> Obscurer     (one per track and component)
    sinks/NAME.py       build(settings, info, place) -> Sink
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streamblur.values import Box, Detection, Frame, SafeFrame, StreamInfo, Track

Image = NDArray[np.uint8]
"""RGB, shape (height, width, 3), contiguous, upright."""

Patch = NDArray[np.uint8] | NDArray[np.uint16]
"""One component of one region, shape (height, width), contiguous."""


class Source(Protocol):
    """Frames in presentation order. Owns what it opened until ``close``."""

    @property
    def info(self) -> StreamInfo: ...
    def __iter__(self) -> Iterator[Frame]: ...
    def close(self) -> None: ...


class Detector(Protocol):
    """Finds the faces on one picture; boxes are in that picture's pixels. Only reads it.

    It may have ``forget()``, after which nothing of earlier pictures counts: then its networks, which take a second
    to load, serve the next page or file too.
    """

    def detect(self, image: Image) -> Sequence[Detection]: ...
    def close(self) -> None: ...


class Tracker(Protocol):
    """Joins detections into tracks.

    ``update`` takes every frame once, in order: ``seen`` is None when nobody looked and empty
    when no face was found. It answers with the tracks on this frame. A boundary (``cut``) says
    that the picture changed as a whole before this frame.
    ``trace`` follows a box that is right on frame ``start`` towards frame ``stop`` (either way)
    through recent frames by the picture alone, and answers with one box per frame from the one
    after ``start`` on, ending early where the picture no longer agrees. Frames are counted from
    0 in the order of ``update``.
    """

    def update(self, frame: Frame, seen: Sequence[Detection] | None, cut: bool) -> Sequence[Track]: ...
    def trace(self, box: Box, start: int, stop: int) -> Sequence[Box]: ...


class Obscurer(Protocol):
    """Makes one component of one face unrecoverable. Sees neither boxes nor frames."""

    def __call__(self, patch: Patch, /) -> Patch: ...


class Sound(Protocol):
    """Sound beside a live picture. ``listen`` calls ``hear`` on a thread of its own with each piece of sound and the
    time at which it begins, in seconds on the clock of the picture, and ``told`` with a sentence when it fails."""

    def listen(self, hear: Callable[[Any, float], None], told: Callable[[str], None], /) -> None: ...
    def close(self) -> None: ...


class Sink(Protocol):
    """Where decided frames go. Nothing exists under the final name before ``close`` returns."""

    def write(self, frame: SafeFrame) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
