"""What a person changed about the faces that were found, as a list that can be undone from its end.

keep, cover     leave a face visible; hide it again
stretch         hold a track's first or last box further
box, drawn      a new track: one box over a while, or one that was followed
split, join     two faces in one track; one face in two
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from streamblur.errors import InputError
from streamblur.faces import PER_SCORE, Faces, FaceTrack, Numbers, columns, outward, steps
from streamblur.faces.schema import NotValid
from streamblur.values import Box

Edit = Mapping[str, Any]


def applied(faces: Faces) -> Faces:
    """The faces as they hold after all edits; its own list of edits is empty.

    Raises InputError when an edit names a track that is not there, or a new one by an id that is taken.
    """
    edits, faces = faces.edits, replace(faces, edits=())
    for number, edit in enumerate(edits, 1):
        try:
            faces = _DO[edit["do"]](faces, edit)
        except NotValid as error:
            raise InputError(f"edit {number} of the faces file ({edit['do']}) cannot be done: {error}.") from error
    return faces


def free_id(faces: Faces) -> int:
    """An id that no track has or was given by an edit."""
    given = [edit["id"] for edit in faces.edits if "id" in edit]
    highest: int = max([0, *given, *(track.id for track in faces.tracks)])
    return highest + 1


def _keep(faces: Faces, edit: Edit) -> Faces:
    return replace(faces, kept=faces.kept | {_known(faces, edit["track"]).id})


def _cover(faces: Faces, edit: Edit) -> Faces:
    return replace(faces, kept=faces.kept - {_known(faces, edit["track"]).id})


def _stretch(faces: Faces, edit: Edit) -> Faces:
    track, to = _known(faces, edit["track"]), edit["to"]
    first, last = int(track.frames[0]), int(track.frames[-1])
    before = _between(faces, to, int(faces.times[first]) - 1)
    after = _between(faces, int(faces.times[last]) + 1, to)
    held = [_held(track, 0, before), track, _held(track, len(track.frames) - 1, after)]
    return _with(faces, _joined(track.id, held, track.added))


def _box(faces: Faces, edit: Edit) -> Faces:
    box = outward(Box(*edit["box"]))
    frames = _between(faces, edit["start"], edit["end"])
    if box.width <= 0 or box.height <= 0 or not len(frames):
        raise NotValid("its box, or its time, is empty")
    boxes = np.tile(np.array(steps(box), np.int64), (len(frames), 1))
    zeros = np.zeros(len(frames), np.int64)
    return _with_new(faces, FaceTrack(edit["id"], frames, boxes, zeros, zeros + PER_SCORE, True))


def _drawn(faces: Faces, edit: Edit) -> Faces:
    return _with_new(faces, columns.track(edit["id"], edit, len(faces.times), len(faces.detectors), True))


def _split(faces: Faces, edit: Edit) -> Faces:
    track = _known(faces, edit["track"])
    later = faces.times[track.frames] >= edit["at"]
    if later.all() or not later.any():
        raise NotValid("all of the track is on one side of that time")
    return _with_new(_with(faces, track.rows(~later)), replace(track.rows(later), id=edit["id"]))


def _join(faces: Faces, edit: Edit) -> Faces:
    one, other = _known(faces, edit["track"]), _known(faces, edit["other"])
    if one.id == other.id:
        raise NotValid("it is one track already")
    left = replace(faces, tracks=tuple(t for t in faces.tracks if t.id != other.id), kept=faces.kept - {other.id})
    return _with(left, _joined(one.id, [one, other], one.added and other.added))


_DO: dict[str, Callable[[Faces, Edit], Faces]] = {
    "keep": _keep,
    "cover": _cover,
    "stretch": _stretch,
    "box": _box,
    "drawn": _drawn,
    "split": _split,
    "join": _join,
}


def _known(faces: Faces, number: int) -> FaceTrack:
    track = faces.track(number)
    if track is None:
        raise NotValid(f"there is no track {number}")
    return track


def _with(faces: Faces, track: FaceTrack) -> Faces:
    """The faces with this track instead of the one of its id."""
    return replace(faces, tracks=tuple(track if each.id == track.id else each for each in faces.tracks))


def _with_new(faces: Faces, track: FaceTrack) -> Faces:
    if faces.track(track.id) is not None:
        raise NotValid(f"there is a track {track.id} already")
    return replace(faces, tracks=(*faces.tracks, track))


def _between(faces: Faces, start: int, end: int) -> Numbers:
    """The frames shown from one time stamp to another, both included."""
    first, stop = np.searchsorted(faces.times, start), np.searchsorted(faces.times, end, "right")
    return np.arange(first, max(first, stop), dtype=np.int64)


def _held(track: FaceTrack, row: int, frames: Numbers) -> FaceTrack:
    """A row of the track on other frames, predicted."""
    same = track.rows(np.full(len(frames), row, np.int64))
    return replace(same, frames=frames, by=np.zeros(len(frames), np.int64))


def _joined(number: int, parts: list[FaceTrack], added: bool) -> FaceTrack:
    names = ("frames", "boxes", "by", "scores")
    frames, boxes, by, scores = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    order = np.argsort(frames, kind="stable")
    return FaceTrack(number, frames[order], boxes[order], by[order], scores[order], added)
