"""A photo written again with what somebody changed by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamblur import compose, rooms
from streamblur.engine.covering import covered
from streamblur.errors import InputError
from streamblur.geometry import upright_size
from streamblur.settings import Settings
from streamblur.values import Cover, Decided, Frame, SafeFrame, Summary
from streamblur.web.reporting import Hears
from streamblur.web.retouch import Edits, flat, found, obscuring, write
from streamblur.web.seen import Seen

Tell = Callable[[Decided[SafeFrame], Sequence[Cover]], None]
"""Hears of a frame as it is covered, and of what was found on it."""


def photo(settings: Settings, source: Path, output: Path, edits: Edits, hears: Hears) -> tuple[Summary, dict[str, Any]]:
    """Write the picture with its faces hidden, as they were edited; and what the page is told of all that it has."""
    seen = Seen()

    def tell(decided: Decided[SafeFrame], found: Sequence[Cover]) -> None:
        seen(Decided(decided.frame, found))
        hears.witness(decided)

    if edits:
        return edited(settings, source, output, edits, tell), seen.told()
    summary = compose.run(settings, source, output, hears.report, lambda decided: tell(decided, decided.covers))
    return summary, seen.told()


def edited(settings: Settings, source: Path, output: Path, edits: Edits, tell: Tell) -> Summary:
    """Cover the faces of a photo but those switched off, and the boxes added, and write it as ``compose.run`` does.

    Raises InputError for anything but one picture: there, faces move, and a box would not follow them.
    """
    started = time.monotonic()
    covers = found(replace(settings, thorough=True), _only(settings, source))
    with ExitStack() as stack:
        opened = stack.enter_context(closing(rooms.part("sources", "image").build(settings, source)))
        sink = rooms.part("sinks", "image").build(settings, opened.info, output)
        stack.push(lambda kind, *_: sink.abort() if kind is not None else None)
        for frame in opened:
            width, height = upright_size(frame.picture.width, frame.picture.height, frame.orientation)
            decided = Decided(frame, edits.applied(covers, width, height))
            for safe in covered([decided], obscuring(settings)):
                tell(safe, covers)
                sink.write(safe.frame)
        sink.close()
    count = len(decided.covers)
    return Summary(1, count, count, time.monotonic() - started, output, opened.info.notes, still=True)


def _only(settings: Settings, source: Path) -> Frame:
    """The one picture in a file."""
    with closing(rooms.part("sources", "image").build(settings, source)) as opened:
        if opened.info.frames != 1:
            raise InputError(
                f"{source} holds {opened.info.frames} pictures: faces are switched off in single ones only."
            )
        frame: Frame = next(iter(opened))
        return frame


def as_jpeg(settings: Settings, source: Path, output: Path) -> Summary:
    """A photo of any kind, covered, as a JPEG."""
    started = time.monotonic()
    pixels_of: Any = rooms.part("sinks", "image").pixels_of
    with closing(rooms.part("sources", "image").build(settings, source, False)) as opened:
        if opened.info.frames != 1:
            raise InputError(f"{source} holds {opened.info.frames} pictures: give a photo of one.")
        frame = next(iter(opened))
        image = flat(pixels_of(frame.picture))
        covers = found(replace(settings, thorough=True), frame)
    write(image, covers, settings, output, 92)
    return Summary(1, len(covers), len(covers), time.monotonic() - started, output, still=True)
