"""What flows through the live flow: frames that wait, looks beside them, and what leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streamblur.planes import copied
from streamblur.ports import Image
from streamblur.values import Decided, Detection, Frame, SafeFrame


@dataclass(frozen=True, slots=True)
class Look:
    """The picture to look at, of frame ``number``."""

    number: int
    image: Image


class Looks(Protocol):
    """Looking beside the frames, one look at a time: ``since`` when the one under way began, None when none is;
    ``done`` gives those finished, with the seconds they took, and raises what went wrong in them."""

    @property
    def since(self) -> float | None: ...
    def begin(self, look: Look, /) -> None: ...
    def done(self) -> Sequence[tuple[Look, Sequence[Detection], float]]: ...


@dataclass(frozen=True, slots=True)
class Out:
    """A decided frame that leaves, and when it had come (seconds of the caller's clock)."""

    decided: Decided[SafeFrame]
    came: float


@dataclass(slots=True)
class Held:
    """A frame in the line, ``memory`` a copy of its brightness; ``shot`` counts the cuts before it."""

    number: int
    frame: Frame
    memory: Frame
    cut: bool
    shot: int
    came: float
    looked: bool = False


def twin(frame: SafeFrame) -> SafeFrame:
    """The same decided frame in memory of its own."""
    return SafeFrame(Frame(copied(frame.picture), frame.pts, frame.time_base, frame.orientation))
