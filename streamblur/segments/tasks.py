"""What is done elsewhere: functions that any process with streamblur can import, and values that can be sent to it."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

from streamblur import __version__, models, rooms
from streamblur.engine import Wishes, chapters, hide, recalled
from streamblur.engine.looking import looked
from streamblur.errors import InputError, MissingError
from streamblur.segments.looks import Looks, Notebook
from streamblur.segments.stretches import Astray, Stretch
from streamblur.settings import Settings
from streamblur.values import Frame

logger = logging.getLogger(__name__)
_LIBRARIES = ("av", "mediapipe", "numpy", "opencv-contrib-python")
_SECONDS = 1.0
"""Between looks at whether the work is still wanted."""


class Unwanted(Exception):
    """Whoever asked for this has gone."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a run share. ``source``, ``output`` and ``folder``, which gets the pieces, are absolute paths;
    ``size`` is that of the source in bytes. ``likeness`` is what a machine must have to see the same."""

    settings: Settings
    source: Path
    size: int
    output: Path
    folder: Path
    likeness: Mapping[str, str]


def likeness() -> dict[str, str]:
    """What this machine sees with: versions, face models, and its kind of processor, on which roundings depend."""
    found = {"streamblur": __version__, "processor": platform.machine()}
    for name in _LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    found |= {f"face model {each.name}": _has(each) for each in (models.YUNET, models.CENTERFACE)}
    return found


def look(job: Job, number: int) -> Looks:
    """What is seen in chapter ``number``.

    Raises Astray, MissingError when this machine would see otherwise, InputError when it cannot read the file.
    """
    with ExitStack() as stack:
        source = stack.enter_context(closing(_opened(job)))
        detector = stack.enter_context(closing(rooms.detector_for(job.settings)))
        with _astray():
            since = source.since(Fraction(number * chapters.CHAPTER - chapters.LEAD))
            frames = _Through(_wanted(since, job), number)
            notebook = Notebook(detector, waits=frames.lead)
            for _ in looked(frames, notebook, job.settings.every, job.settings.analysis):
                if frames.past:
                    break
        return Looks(notebook.sights, getattr(detector, "notes", ()))


class _Through:
    """Frames up to the first one ``past`` a chapter; ``lead`` says that they begin before it."""

    def __init__(self, frames: Iterator[Frame], number: int) -> None:
        first = next(frames, None)
        begins = number + 1 if first is None else chapters.chapter(first)
        self._frames = chain([first], frames) if first is not None and begins <= number else ()
        self._number = number
        self.lead, self.past = begins < number, False

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.past = chapters.chapter(frame) > self._number
            yield frame


@dataclass(frozen=True, slots=True)
class Covered:
    """A piece in the folder of the job: its name, its number of frames, the ``tracks`` covered on them, how many
    face-frames that makes, and the faces on the last frame."""

    name: str
    frames: int
    tracks: frozenset[int]
    covered: int
    faces: int


def cover(job: Job, stretch: Stretch, wishes: Wishes, first: float) -> Covered:
    """Hide the faces of a stretch and encode it as a piece; ``first`` is when the recording begins, in seconds.

    Raises as ``look`` does, and OutputError.
    """
    from streamblur.sinks._piece import Piece

    faces, here = stretch.faces, Counter[int]()
    name, now = f"piece-{stretch.number}", set[int]()
    with ExitStack() as stack:
        source = stack.enter_context(closing(_opened(job)))
        piece = Piece(job.settings, source.info, job.output, job.folder / name, source.first)
        stack.push(lambda kind, *_: piece.abort() if kind is not None else None)
        with _astray():
            since = source.since(Fraction(int(faces.times[0])) * faces.time_base)
            flow = recalled(_until(_wanted(since, job), int(faces.times[-1])), faces)
            for decided in hide(flow, rooms.obscuring(job.settings), wishes, first):
                piece.write(decided.frame)
                now = {cover.track for cover in decided.covers if not cover.exact}
                here.update(now)
        piece.close()
    return Covered(name, len(faces.times), frozenset(here), here.total(), len(now))


def _until(frames: Iterable[Frame], last: int) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        if frame.pts >= last:
            return


def _opened(job: Job) -> Any:
    mine = likeness()
    mine_is = {name: mine.get(name, "none") for name in job.likeness}
    other = [f"{name} {mine_is[name]}, not {has}" for name, has in job.likeness.items() if mine_is[name] != has]
    if other:
        raise MissingError(f"a worker has {'; '.join(other)}: take machines that are alike.")
    source = rooms.part("sources", "file").build(job.settings, job.source)
    if job.source.stat().st_size != job.size:
        source.close()
        raise InputError(f"{job.source} is another file on a worker: share one folder among all machines.")
    return source


def _wanted(frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
    """The frames, as long as anybody waits for them."""
    asked = time.monotonic()
    for frame in frames:
        if time.monotonic() - asked > _SECONDS:
            asked = time.monotonic()
            if not job.folder.is_dir():
                raise Unwanted(str(job.folder))
        yield frame


@contextmanager
def _astray() -> Iterator[None]:
    """What cannot be read from the middle may well be read from the start."""
    try:
        yield
    except InputError as error:
        logger.info("a part of the recording: %s", error)
        raise Astray("reading it from the middle gives other frames than reading all of it") from error


def _has(model: models.Weights) -> str:
    return "yes" if models.place(model) is not None else "no"
