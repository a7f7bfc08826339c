"""An output and its original side by side, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamblur import rooms
from streamblur.errors import InputError
from streamblur.settings import Settings
from streamblur.values import Frame

if TYPE_CHECKING:
    from streamblur.ports import Source


@dataclass(slots=True)
class Pair:
    """A frame of the output, and the original's of the same time, if there is an original."""

    number: int
    output: Frame
    original: Frame | None
    start: float

    @property
    def base(self) -> Frame:
        """The frame in which faces are looked for."""
        return self.original or self.output

    @property
    def time(self) -> float:
        """Seconds from the first frame."""
        return self.base.time - self.start


class Pairs:
    """The frames of both recordings, side by side."""

    def __init__(self, settings: Settings, output: Path, original: Path | None, stack: ExitStack) -> None:
        self._places = output, original
        self._sources = [_opened(settings, place, stack) for place in (output, original) if place is not None]
        self.count = 0
        if self.both:
            a, b = (source.info for source in self._sources)
            if {a.width, a.height} != {b.width, b.height}:
                raise InputError(f"{output} and {original} are not of one size: give the original of this very output.")

    @property
    def both(self) -> bool:
        """Whether there is an original."""
        return len(self._sources) == 2

    @property
    def total(self) -> int | None:
        return self._sources[0].info.frames

    @property
    def still(self) -> bool:
        return self._sources[-1].info.still

    def __iter__(self) -> Iterator[Pair]:
        iterators = [iter(source) for source in self._sources]
        output, original = self._places
        start = 0.0
        while frames := [frame for frame in (next(each, None) for each in iterators) if frame is not None]:
            if len(frames) < len(iterators):
                raise InputError(f"{output} and {original} have different numbers of frames: give the right original.")
            start = frames[-1].time if self.count == 0 else start
            yield Pair(self.count, frames[0], frames[1] if original is not None else None, start)
            self.count += 1


def _opened(settings: Settings, place: Path, stack: ExitStack) -> Source:
    room = rooms.room_for(place, place)
    source: Source = stack.enter_context(closing(rooms.part("sources", room).build(settings, place)))
    return source
