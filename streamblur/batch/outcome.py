"""What became of one file, and what was seen in it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamblur.accepted import picture_at
from streamblur.batch.plan import Job
from streamblur.values import Summary

if TYPE_CHECKING:
    from streamblur.values import Box, Decided, SafeFrame

DONE, EMPTY, FAILED = "done", "no face found", "failed"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the log.

    ``status`` is done, no face found (and written all the same), or failed with an ``error``. ``faces`` are those of
    photos or the tracks of a recording, ``face_frames`` how often one was covered. ``boxes`` are left, top, right,
    bottom in upright pixels, one list for each picture, of photos only. ``smallest`` is the shorter side of the
    smallest face seen, in pixels. ``kind`` is photo, pictures (pages or slides), animation or video. ``earlier`` says
    that all this was done by a run before.
    """

    source: str
    output: str
    status: str
    error: str = ""
    kind: str = ""
    frames: int = 0
    faces: int = 0
    face_frames: int = 0
    boxes: list[list[list[float]]] = field(default_factory=list)
    smallest: float | None = None
    sha256_in: str = ""
    sha256_out: str = ""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    earlier: bool = False

    @property
    def failed(self) -> bool:
        return self.status == FAILED

    def facts(self) -> dict[str, Any]:
        """What a journal remembers of it: all but where the files lie."""
        return {key: value for key, value in asdict(self).items() if key not in ("source", "output", "earlier")}


class Seen:
    """A witness of ``compose.run``: the boxes, and the smallest face."""

    def __init__(self) -> None:
        self.boxes: list[list[list[float]]] = []
        self.smallest: float | None = None

    def __call__(self, decided: Decided[SafeFrame]) -> None:
        if len(self.boxes) < 10_000:  # of a recording they are not told
            self.boxes.append([_rounded(cover.box) for cover in decided.covers])
        sides = [min(c.box.width, c.box.height) for c in decided.covers if c.seen]
        known = [] if self.smallest is None else [self.smallest]
        self.smallest = min(sides + known, default=None)


def _rounded(box: Box) -> list[float]:
    return [round(edge, 1) for edge in (box.left, box.top, box.right, box.bottom)]


def outcome_of(job: Job, files: tuple[Path, Path], sha256_in: str, summary: Summary, seen: Seen) -> Outcome:
    """What became of a file that was written. ``files`` are source and output on this machine; ``sha256_in`` is that of
    the source before it was read."""
    source, output = files
    kind = "video"
    if picture_at(source):
        kind = "animation" if not summary.still else "photo" if summary.frames == 1 else "pictures"
    return Outcome(
        source=job.source_name,
        output=job.output_name,
        status=DONE if summary.covered else EMPTY,
        kind=kind,
        frames=summary.frames,
        faces=summary.tracks,
        face_frames=summary.covered,
        boxes=seen.boxes if summary.still else [],
        smallest=None if seen.smallest is None else round(seen.smallest, 1),
        sha256_in=sha256_in,
        sha256_out=digest(output),
        seconds=round(summary.seconds, 3),
        notes=list(summary.notes),
    )


def failure(job: Job, error: str, sha256_in: str = "") -> Outcome:
    """A file that could not be done, and why."""
    return Outcome(job.source_name, job.output_name, FAILED, error, sha256_in=sha256_in)


def digest(place: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; empty when it cannot be read."""
    found = hashlib.sha256()
    try:
        with place.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError:
        return ""
    return found.hexdigest()
