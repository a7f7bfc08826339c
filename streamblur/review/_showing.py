"""Single frames of the input, hidden as it stands, and stretches of them to be followed through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from streamblur import rooms
from streamblur.engine import hide
from streamblur.errors import InputError
from streamblur.faces import Faces
from streamblur.settings import Settings
from streamblur.values import Decided, Frame


class Showing:
    """Finds frames by time; holds the file open."""

    def __init__(self, source: Path, faces: Faces, settings: Settings) -> None:
        self._place, self._times, self._settings = source, faces.times, settings
        self._room = rooms.room_for(source, source)
        self._seeker = rooms.part("sources", "file").Seeker(source) if self._room == "file" else None

    def jpeg(self, faces: Faces, pts: int, longest: int, original: bool) -> bytes:
        """A frame as JPEG. ``faces`` have their edits applied."""
        number = faces.frame(pts)
        frame = next(iter(self.frames(faces, number, number)), None) if number is not None else None
        if frame is None or number is None:
            raise InputError(f"{self._place} has no frame at {float(pts * faces.time_base):.3f} s.")
        shot = rooms.part("sinks", "image").shot
        if not original:
            decided = Decided(frame, faces.covers(number))
            wishes = rooms.wishes(self._settings, faces)
            first = float(int(faces.times[0]) * faces.time_base)
            (safe,) = hide([decided], rooms.obscuring(self._settings), wishes, first)
            frame = safe.frame
        jpeg: bytes = shot(frame, None, longest)
        return jpeg

    def frames(self, faces: Faces, first: int, last: int) -> Iterator[Frame]:
        """The frames from one to another (counted from 0, both included), in order."""
        expected = faces.times[first : last + 1].tolist()
        found = self._sought(expected)
        for pts in expected:
            frame = next(found, None)
            if frame is None or frame.pts != pts:
                break
            yield frame
            first += 1
        else:
            return
        yield from self._read(first, last)  # its clock is not that of the file: from the beginning, then

    def _sought(self, expected: list[int]) -> Iterator[Frame]:
        if self._seeker is not None and expected:
            yield from self._seeker.between(expected[0], expected[-1])

    def _read(self, first: int, last: int) -> Iterator[Frame]:
        """The slow way, which always works: as a run reads them."""
        with closing(rooms.part("sources", self._room).build(self._settings, self._place)) as source:
            yield from islice(source, first, last + 1)

    def close(self) -> None:
        """Give the file back."""
        if self._seeker is not None:
            self._seeker.close()
