"""Going over the faces of one recording by hand: what a review page, or anybody's own program, does.

    session = Review.open(Path("meeting.mp4"))        # reads meeting.mp4.faces.json, or looks for faces first
    session.keep(3); session.draw(pts, Box(...)); session.undo()
    picture = session.jpeg(pts)                       # hidden as it stands; original=True only when asked for
    session.render(Path("meeting_safe.mp4"))

Every change is an edit (``faces.edits``) at the end of a list, so the last one can be taken back, and what was found
is never lost. The faces file is written anew, whole or not at all, after each.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from streamblur import compose
from streamblur.belonging import same
from streamblur.faces import Faces, columns, file
from streamblur.faces.edits import applied, free_id
from streamblur.findings import Finding
from streamblur.report import Spot, spots
from streamblur.review._drawing import Report as Following
from streamblur.review._drawing import followed
from streamblur.review._lanes import Lane, lanes
from streamblur.review._saving import Saved
from streamblur.review._showing import Showing
from streamblur.settings import Settings
from streamblur.values import Box, Summary

__all__ = ["Lane", "Review", "Spot"]


@dataclass(slots=True)
class _Undone:
    """Edits that were taken back, the newest last."""

    edits: list[Mapping[str, Any]]


class Review:
    """The faces of one input while somebody goes over them. Safe to call from several threads."""

    def __init__(self, source: Path, place: Path, faces: Faces, settings: Settings) -> None:
        self.source, self.place, self.settings = source, place, settings
        self._lock = threading.RLock()
        self._faces, self._now = faces, applied(faces)
        self._undone = _Undone([])
        self._saved = Saved(faces, place)
        self._stack = ExitStack()
        self._showing = self._stack.enter_context(closing(Showing(source, faces, settings)))

    @staticmethod
    def open(
        source: Path, place: Path | None = None, settings: Settings | None = None, report: compose.Report | None = None
    ) -> Review:
        """Begin with the faces file ``place`` (default: INPUT.faces.json beside the input); where there is none, faces
        are looked for first, which takes as long as a run, and ``report`` hears of it.

        Raises InputError when the file is not sound or belongs to another input.
        """
        settings = settings or Settings()
        place = place or source.with_name(f"{source.name}.faces.json")
        if place.exists():
            faces = file.read(place)
            same(settings, source, faces)
        else:
            faces = compose.detect(settings, source, report)
            file.write(faces, place)
        return Review(source, place, faces, settings)

    @property
    def faces(self) -> Faces:
        """As found, with the edits in their list; what ``compose.run`` takes."""
        return self._faces

    @property
    def now(self) -> Faces:
        """As they hold after all edits."""
        return self._now

    # --- changes; each raises InputError, and changes nothing, when it cannot be done

    def keep(self, track: int) -> None:
        """Leave a face visible, wherever it surely is the one that the track began with."""
        self._do({"do": "keep", "track": track})

    def cover(self, track: int) -> None:
        """Hide it again."""
        self._do({"do": "cover", "track": track})

    def stretch(self, track: int, to: int) -> None:
        """Hold the first or last box of a track as far as this time stamp."""
        self._do({"do": "stretch", "track": track, "to": to})

    def box(self, box: Box, start: int, end: int) -> int:
        """Hide one place from one time stamp to another; the id of the new track."""
        return self._new({"do": "box", "box": [box.left, box.top, box.right, box.bottom], "start": start, "end": end})

    def draw(self, pts: int, box: Box, report: Following | None = None) -> int:
        """Hide what is in a box on the frame at this time stamp, and follow it both ways until it is lost or the shot
        ends; the id of the new track. ``report`` hears how many frames are done, of how many at most, and may raise to
        stop it."""
        with self._lock:
            track = followed(self._showing, self._now, pts, box, report)
            return self._new({"do": "drawn", **columns.of(track)})

    def split(self, track: int, at: int) -> int:
        """From this time stamp on it is another face; the id of the later part, which is hidden."""
        return self._new({"do": "split", "track": track, "at": at})

    def join(self, track: int, other: int) -> None:
        """Both are the same face; ``other`` goes into ``track``."""
        self._do({"do": "join", "track": track, "other": other})

    def undo(self) -> bool:
        """Take back the last change, also one of an earlier session; False when there is none."""
        with self._lock:
            if not self._faces.edits:
                return False
            *edits, last = self._faces.edits
            self._set(edits)
            self._undone.edits.append(last)
            return True

    @property
    def undone(self) -> int:
        """How many changes ``redo`` can do again."""
        return len(self._undone.edits)

    def redo(self) -> bool:
        """Do again what was taken back last; False when there is nothing."""
        with self._lock:
            if not self._undone.edits:
                return False
            self._set([*self._faces.edits, self._undone.edits[-1]])
            self._undone.edits.pop()
            return True

    def _new(self, edit: dict[str, Any]) -> int:
        with self._lock:
            number = free_id(self._faces)
            self._do({**edit, "id": number})
            return number

    def _do(self, edit: Mapping[str, Any]) -> None:
        with self._lock:
            self._set([*self._faces.edits, edit])
            self._undone.edits.clear()

    def _set(self, edits: Sequence[Mapping[str, Any]]) -> None:
        faces = replace(self._faces, edits=tuple(edits))
        now = applied(faces)
        self._saved.write(faces)
        self._faces, self._now = faces, now

    # --- what to show

    def lanes(self) -> list[Lane]:
        """Every track as a lane, in the order of first frames."""
        return lanes(self._now)

    def spots(self, findings: Sequence[Finding] = ()) -> list[Spot]:
        """Where to look, the riskiest first, as in the report."""
        return spots(self._now, findings)

    def jpeg(self, pts: int, longest: int = 1280, original: bool = False) -> bytes:
        """The frame at this time stamp (of ``now.times``), upright, of at most ``longest`` pixels a side, with
        everything hidden as it stands; as it is only with ``original``. Raises InputError for a time without a frame.
        """
        with self._lock:
            return self._showing.jpeg(self._now, pts, longest, original)

    def render(self, output: Path, settings: Settings | None = None, report: compose.Report | None = None) -> Summary:
        """Write the recording as it stands; see ``compose.run``."""
        return compose.run(settings or self.settings, self.source, output, report, faces=self._faces)

    def close(self) -> None:
        """Give the input back; everything is saved already."""
        self._stack.close()
