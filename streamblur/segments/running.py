"""A run whose expensive parts are handed out: what is done here, and in which order. See the package."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from streamblur import __version__, compose, rooms
from streamblur.belonging import same
from streamblur.engine import Wishes, decide, wished
from streamblur.faces import Faces
from streamblur.faces.edits import applied
from streamblur.faces.recorder import Recorder, fingerprint
from streamblur.ports import Source
from streamblur.segments import stretches, tasks
from streamblur.segments.handing import Handed
from streamblur.segments.looks import Looks, NobodyLooked, Recalled
from streamblur.segments.stretches import Astray, Stretch
from streamblur.settings import Settings
from streamblur.sinks._partial import PartialFolder
from streamblur.sinks._piece import DoesNotFit
from streamblur.threads import Ahead
from streamblur.timing import stage
from streamblur.values import Decided, Frame, Progress, StreamInfo, Summary

T = TypeVar("T")


def run(
    executor: Executor,
    settings: Settings,
    source: Path,
    output: Path,
    report: compose.Report | None = None,
    faces: Faces | None = None,
) -> Summary:
    """As ``compose.run``, in parts on the workers of an executor, which stays open.

    Workers are processes, here or elsewhere, that read ``source`` and write beside ``output`` under these very paths.
    What cannot be divided is done here in one go, and a note says why. A frame counts half for ``report`` when it is
    decided and half when it is written. Raises what ``compose.run`` does, MissingError when a worker lacks what this
    machine has, and OutputError when too many workers die.
    """
    divided = _Divided(executor, settings, source.absolute(), output.absolute(), report)
    try:
        return replace(divided.run(faces), output=output)
    except (Astray, DoesNotFit, NobodyLooked) as why:
        summary = compose.run(settings, source, output, report, faces=faces or divided.found())
        return replace(summary, notes=(*summary.notes, f"not divided among workers: {why}"))


class _Divided:
    """One run."""

    def __init__(
        self, executor: Executor, settings: Settings, source: Path, output: Path, report: compose.Report | None
    ) -> None:
        self._executor, self._settings, self._report = executor, settings, report
        self._source, self._output = source, output
        self._handed: set[Handed[Any]] = set()
        self._frames: int | None = None
        self._halves = 0
        self._all: tuple[Recorder, StreamInfo] | None = None

    def run(self, faces: Faces | None) -> Summary:
        """All of it. Raises Astray, DoesNotFit and NobodyLooked when it has to be done in one go."""
        if rooms.room_for(self._source, self._output) != "file" or self._output.suffix.lower() == ".gif":
            raise Astray("it is a picture")
        started = time.monotonic()
        with ExitStack() as stack:
            opened = stack.enter_context(closing(rooms.part("sources", "file").build(self._settings, self._source)))
            numbers, self._frames = stretches.numbers(opened), opened.info.frames
            sink = rooms.part("sinks", "file").build(self._settings, opened.info, self._output)
            stack.push(lambda kind, *_: sink.abort() if kind is not None else None)
            sink.begin(opened.first)
            folder = PartialFolder(self._output)
            stack.callback(folder.vanish)
            stack.callback(self._cancel)
            job = self._job(folder.path)
            recalled = Recalled(self._looks(job, numbers) if faces is None else iter(()))
            known = self._known(faces, opened) if faces is not None else self._followed(recalled, opened, stack)
            summary = self._joined(self._covers(job, *known), sink, folder.path)
            sink.close()
        notes = (*opened.info.notes, *recalled.notes, *sink.notes)
        return replace(summary, seconds=time.monotonic() - started, notes=notes)

    def _job(self, folder: Path) -> tasks.Job:
        size = self._source.stat().st_size
        return tasks.Job(self._settings.everywhere(), self._source, size, self._output, folder, tasks.likeness())

    def _hand(self, task: Callable[..., T], *values: Any) -> Handed[T]:
        handed = Handed(self._executor, task, *values)
        self._handed.add(handed)
        return handed

    def _done(self, handed: Handed[T]) -> T:
        """Wait for its result, and let go of it."""
        with stage("wait for the workers"):
            result = handed.result()
        self._handed.remove(handed)
        return result

    def _looks(self, job: tasks.Job, numbers: range) -> Iterator[Looks]:
        """What is seen in each chapter, as soon as all before it are there; then in those that were not announced."""
        handed = deque(self._hand(tasks.look, job, number) for number in numbers)
        while handed:
            yield self._done(handed.popleft())
        for number in count(numbers.stop):
            if not (looks := self._done(self._hand(tasks.look, job, number))).sights:
                return
            yield looks

    def _followed(self, recalled: Recalled, source: Source, stack: ExitStack) -> tuple[Iterator[Stretch], Wishes]:
        """The faces of each chapter, as ``compose.detect`` finds them, but that others look."""
        wishes = rooms.wishes(self._settings)
        frames = Ahead(source, compose.DECODED_AHEAD, "decode")
        stack.callback(frames.close)
        flow = self._counted(wished(decide(frames, rooms.parts(self._settings, recalled), iter), wishes))
        return self._recorded(flow, source), wishes

    def _recorded(self, flow: Iterable[Decided[Frame]], source: Source) -> Iterator[Stretch]:
        recorder = Recorder()
        yield from stretches.recorded(flow, recorder)
        self._all = recorder, source.info

    def found(self) -> Faces | None:
        """All faces, if they were found before it turned out that it cannot go on like this."""
        if self._all is None:
            return None
        recorder, info = self._all
        return recorder.faces(fingerprint(self._source, info), self._settings.told(), __version__)

    def _known(self, faces: Faces, source: Source) -> tuple[Iterator[Stretch], Wishes]:
        """The faces of each chapter when they were found before."""
        same(self._settings, self._source, faces, source)
        faces = applied(faces)
        self._half(len(faces.times), 0)
        return stretches.divided(faces), rooms.wishes(self._settings, faces)

    def _covers(self, job: tasks.Job, parts: Iterator[Stretch], wishes: Wishes) -> list[Handed[tasks.Covered]]:
        handed: list[Handed[tasks.Covered]] = []
        first = 0.0
        for part in parts:
            times = part.faces.times.tolist()
            first = first if handed else float(times[0] * part.faces.time_base)
            here = {track: frozenset(each for each in times if each in kept) for track, kept in wishes.kept.items()}
            handed.append(self._hand(tasks.cover, job, part, replace(wishes, kept=here), first))
        return handed

    def _joined(self, handed: Iterable[Handed[tasks.Covered]], sink: Any, folder: Path) -> Summary:
        frames = covered = 0
        tracks: set[int] = set()
        for each in handed:
            done = self._done(each)
            sink.join(folder / done.name)
            (folder / done.name).unlink()
            frames, covered, tracks = frames + done.frames, covered + done.covered, tracks | done.tracks
            self._half(done.frames, done.faces)
        return Summary(frames, len(tracks), covered, 0.0, self._output)

    def _counted(self, flow: Iterable[Decided[Frame]]) -> Iterator[Decided[Frame]]:
        for decided in flow:
            yield decided
            self._half(1, len({cover.track for cover in decided.covers if not cover.exact}))

    def _half(self, frames: int, faces: int) -> None:
        """Report that half of what there is to do for these frames is done."""
        self._halves += frames
        if self._report is not None:
            self._report(Progress(self._halves // 2, self._frames, faces))

    def _cancel(self) -> None:
        for each in self._handed:
            each.cancel()
