"""A recording of the files page: its faces are found once and kept beside it, so that somebody can be left visible, a
box be added and the style be changed without looking again; a review begins with the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from streamblur import compose
from streamblur.faces import PER_SCORE, UNIT, Faces, FaceTrack, file
from streamblur.faces.edits import applied, free_id
from streamblur.geometry import upright_size
from streamblur.settings import Settings
from streamblur.values import Summary
from streamblur.web.names import FACES
from streamblur.web.reporting import Hears
from streamblur.web.seen import MOST, pixels, shares

AGAIN = "faces were looked for anew: everybody is hidden again, and only boxes drawn by hand were kept"
_LOOKING = (
    "detector", "model", "confidence", "every", "analysis_size", "min_face", "thorough", "tracker", "hindsight",
)  # fmt: skip
"""Settings that need another look; all others only hide anew."""
_BY_HAND = ("box", "drawn")
"""Edits that hide a place, whoever was found."""
Drawn = tuple[float, tuple[float, ...]]
"""A time in seconds from the first frame, and a box as shares of the picture."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What somebody changed on the files page: tracks left visible, and boxes that hide what is in them."""

    keep: frozenset[int] = frozenset()
    boxes: tuple[Drawn, ...] = ()

    @staticmethod
    def of(said: Mapping[str, Any] | None) -> Changes:
        """From what the page said, which was checked by the server."""
        said = said or {}
        boxes = tuple((float(each["time"]), tuple(each["box"])) for each in said.get("boxes", ()))
        return Changes(frozenset(said.get("keep", ())), boxes)


def hidden(settings: Settings, source: Path, output: Path, changes: Changes, hears: Hears) -> tuple[Summary, Faces]:
    """Write the recording with every face hidden but those that ``changes`` leave visible, and its faces file; what was
    found, with all edits.

    Numbers of faces mean nothing after another look: then everybody is hidden.
    """
    before = file.read(Path(FACES)) if Path(FACES).exists() else None
    drawn = [] if before is None else [edit for edit in before.edits if edit["do"] in _BY_HAND]
    anew = before is not None and not fits(before, settings)
    if before is not None and not anew:
        faces = _followed(settings, source, leaving(before, changes.keep), changes.boxes, hears.follows)
    elif drawn or changes.boxes:
        faces = _added(compose.detect(settings, source, hears.report), drawn)
        faces = _followed(settings, source, faces, changes.boxes, hears.follows)
    else:
        summary = compose.run(settings, source, output, hears.report, hears.witness)
        faces = hears.witness.faces()
        file.write(faces, Path(FACES), force=True)
        return _noting(summary, (AGAIN,) if anew else ()), faces
    file.write(faces, Path(FACES), force=True)
    summary = compose.run(settings, source, output, hears.report, hears.witness, faces)
    return _noting(summary, (AGAIN,) if anew else ()), faces


def fits(faces: Faces, settings: Settings) -> bool:
    """Whether looking again under these settings would find the same."""
    wanted = asdict(settings)
    return all(faces.settings.get(name) == wanted[name] for name in _LOOKING)


def leaving(faces: Faces, keep: frozenset[int]) -> Faces:
    """The faces with just these tracks left visible; numbers that are not there count nothing."""
    now = applied(faces)
    wanted = keep & {track.id for track in now.tracks}
    edits = [{"do": "keep", "track": number} for number in sorted(wanted - now.kept)]
    edits += [{"do": "cover", "track": number} for number in sorted(now.kept - wanted)]
    return replace(faces, edits=(*faces.edits, *edits))


def at(faces: Faces, seconds: float) -> int:
    """The frame, counted from 0, that is shown at this time."""
    wanted = int(faces.times[0]) + round(Fraction(seconds) / faces.time_base)
    return max(0, int(np.searchsorted(faces.times, wanted, "right")) - 1)


def showing(faces: Faces, changes: Changes, seconds: float) -> tuple[Faces, int]:
    """The faces with ``changes``, edits applied, as they hold for the frame at this time; boxes only where they were
    drawn, for they are followed later. And which frame that is."""
    number = at(faces, seconds)
    faces = leaving(faces, changes.keep)
    here = [box for time, box in changes.boxes if at(faces, time) == number]
    size, pts = sized(faces), int(faces.times[number])
    for share in here:
        box = pixels(list(share), *size)
        edges = [box.left, box.top, box.right, box.bottom]
        edit = {"do": "box", "id": free_id(faces), "box": edges, "start": pts, "end": pts}
        faces = replace(faces, edits=(*faces.edits, edit))
    return applied(faces), number


def told(faces: Faces) -> dict[str, Any]:
    """``faces``, ``size`` and ``kept`` (numbers left visible), as JSON can say them."""
    now = applied(faces)
    size = sized(faces)
    found = sorted((_told(now, track, size) for track in now.tracks), key=lambda face: face["first"])
    return {"faces": found[:MOST], "size": list(size), "kept": sorted(now.kept)}


def sized(faces: Faces) -> tuple[int, int]:
    """Of the upright picture."""
    return upright_size(faces.source.width, faces.source.height, faces.source.orientation)


def _noting(summary: Summary, notes: tuple[str, ...]) -> Summary:
    return replace(summary, notes=(*summary.notes, *notes))


def _added(faces: Faces, drawn: Sequence[Mapping[str, Any]]) -> Faces:
    for edit in drawn:
        faces = replace(faces, edits=(*faces.edits, {**edit, "id": free_id(faces)}))
    return faces


def _followed(
    settings: Settings, source: Path, faces: Faces, boxes: Sequence[Drawn], follows: Callable[[int, int], None]
) -> Faces:
    """The faces with every box followed both ways, as in a review."""
    if not boxes:
        return faces
    from streamblur.review import Review

    file.write(faces, Path(FACES), force=True)
    with closing(Review.open(source, Path(FACES), settings)) as session:
        for number, (time, share) in enumerate(boxes):
            box = pixels(list(share), *sized(faces))
            report = partial(_together, follows, number, len(boxes))
            session.draw(int(faces.times[at(faces, time)]), box, report)
        return session.faces


def _together(follows: Callable[[int, int], None], before: int, boxes: int, done: int, total: int) -> None:
    """How far all boxes are followed, as if each had as far to go as this one."""
    follows(before * total + done, boxes * total)


def _told(faces: Faces, track: FaceTrack, size: tuple[int, int]) -> dict[str, Any]:
    """A track as a chip: where it is seen best."""
    left, top, right, bottom = track.boxes.T / UNIT
    best = int(np.argmax((right - left) * (bottom - top) * track.scores * (track.by > 0) + (track.by > 0)))
    return {
        "id": track.id,
        "box": shares(track.box(best), *size),
        "time": round(faces.seconds(int(track.frames[best])), 3),
        "first": round(faces.seconds(int(track.frames[0])), 3),
        "score": round(int(track.scores[best]) / PER_SCORE, 3),
        "frames": len(np.unique(track.frames)),
    }
