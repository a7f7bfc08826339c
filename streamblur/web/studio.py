"""Previews: a child that keeps one file at hand, finds its faces once, and covers them anew for each setting."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamblur import rooms
from streamblur.accepted import picture_at
from streamblur.faces import Faces, file
from streamblur.review._showing import Showing
from streamblur.settings import Settings
from streamblur.values import Frame
from streamblur.web import recording
from streamblur.web.child import Line
from streamblur.web.names import FACES
from streamblur.web.retouch import Edits, Look, looked, write
from streamblur.web.seen import shares

LONGEST = 1600
"""Longest side of a preview in pixels."""
_KEPT = 4
_LOOKING = ("detector", "model", "confidence", "analysis_size", "min_face", "thorough")
"""Settings that need another look; all others only cover anew."""


def serve(line: Line, source: Path) -> None:
    """Answer requests (``settings``, ``time`` in seconds, ``edits``, ``name`` of the JPEG to write) until hung up.

    Answers with ``faces``, boxes as shares of the picture, and ``size`` of the preview.
    """
    looks: OrderedDict[Any, Look] = OrderedDict()
    faces = _Faces()
    while (asked := line.heard()) is not None:
        settings, time = Settings(**asked["settings"]), float(asked.get("time") or 0)
        if (known := faces()) is not None and recording.fits(known, settings):
            said, jpeg = _known(settings, source, known, recording.Changes.of(asked["edits"]), time)
            Path(asked["name"]).write_bytes(jpeg)
            line.say(**said)
            continue
        key = (time, *(getattr(settings, name) for name in _LOOKING))
        if key not in looks:
            looks[key] = _look(settings, source, time)
            while len(looks) > _KEPT:
                looks.popitem(last=False)
        look = looks[key]
        height, width = look.image.shape[:2]
        covers = Edits.of(asked.get("edits")).applied(look.covers, width, height)
        write(look.image, covers, settings, Path(asked["name"]), 88)
        line.say(faces=look.told(), size=[width, height])


class _Faces:
    """The faces file of a recording, as it is now; None while there is none."""

    def __init__(self) -> None:
        self._mark = 0
        self._faces: Faces | None = None

    def __call__(self) -> Faces | None:
        place = Path(FACES)
        mark = place.stat().st_mtime_ns if place.exists() else 0
        if mark != self._mark:
            self._mark, self._faces = mark, file.read(place) if mark else None
        return self._faces


def _known(
    settings: Settings, source: Path, faces: Faces, changes: recording.Changes, time: float
) -> tuple[dict[str, Any], bytes]:
    """What is told of a frame of a recording whose faces are known, and its JPEG, hidden as it would be written."""
    now, number = recording.showing(faces, changes, time)
    with closing(Showing(source, now, settings)) as showing:
        jpeg = showing.jpeg(now, int(now.times[number]), LONGEST, False)
    size = recording.sized(now)
    found = [{"id": c.track, "box": shares(c.box, *size), "score": round(c.score, 3)} for c in now.covers(number)]
    return {"faces": found, "size": list(size)}, jpeg


def _look(settings: Settings, source: Path, time: float) -> Look:
    if picture_at(source):
        with closing(rooms.part("sources", "image").build(settings, source)) as opened:
            frame: Frame = next(iter(opened))
        return looked(replace(settings, thorough=True), frame, LONGEST)
    from streamblur.sources._moment import moment

    return looked(settings, moment(source, time), LONGEST)
