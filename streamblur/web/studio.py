"""Previews: a child that keeps one file at hand, finds its faces once, and covers them anew for each setting."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamblur import rooms
from streamblur.accepted import picture_at
from streamblur.settings import Settings
from streamblur.values import Frame
from streamblur.web.child import Line
from streamblur.web.retouch import Edits, Look, looked, write

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
    while (asked := line.heard()) is not None:
        settings, time = Settings(**asked["settings"]), float(asked.get("time") or 0)
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


def _look(settings: Settings, source: Path, time: float) -> Look:
    if picture_at(source):
        with closing(rooms.part("sources", "image").build(settings, source)) as opened:
            frame: Frame = next(iter(opened))
        return looked(replace(settings, thorough=True), frame, LONGEST)
    from streamblur.sources._moment import moment

    return looked(settings, moment(source, time), LONGEST)
