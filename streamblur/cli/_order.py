"""What was asked of ``blur`` besides settings, and the way of a single file, or of standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import click

from streamblur import compose
from streamblur.batch import gather, plan, remote, standard
from streamblur.batch.kinds import written_as
from streamblur.cli._terminal import printable, progress
from streamblur.errors import InputError, OutputError, StreamblurError
from streamblur.settings import Settings
from streamblur.values import Summary

Run = Callable[[Settings, Path, Path, "compose.Report | None"], Summary]
STANDARD = "-"


@dataclass(frozen=True, slots=True)
class Order:
    """``sources`` and ``output`` as typed; ``jobs`` None: as many as the machine can do; ``report`` is the log;
    ``run`` does one file; ``cluster`` is where others do many."""

    sources: tuple[str, ...]
    output: str | None
    recursive: bool = False
    jobs: int | None = None
    report: Path | None = None
    quiet: bool = False
    verbose: bool = False
    run: Run = compose.run
    cluster: str | None = None

    @property
    def single(self) -> bool:
        """Whether it is about one file that was named, or standard input."""
        if len(self.sources) != 1:
            return False
        (only,) = self.sources
        if only == STANDARD:
            return True
        if remote.is_url(only):
            return remote.files_at(only, self.recursive) is None
        return not Path(only).is_dir() and gather.matches(only) == [only]


@dataclass(frozen=True, slots=True)
class Way:
    """Where one file is read and written on this machine, and where it goes from there (empty: nowhere)."""

    source: Path
    output: Path
    folder: Path | None = None
    to: str = ""


def one(order: Order, settings: Settings) -> Summary:
    """Do one file, and say what happened."""
    with ExitStack() as stack:
        way = _way(order, settings, stack)
        with progress(order.quiet or order.verbose) as report:
            try:
                summary = _run(order, settings, way, report)
            except StreamblurError as error:
                raise _plain(error, way) from error
        if way.to == STANDARD:
            standard.sent(way.output, sys.stdout.buffer)
        elif way.to:
            remote.sent(way.output, way.to)
            summary = replace(summary, output=Path(way.to))
    return summary


def _run(order: Order, settings: Settings, way: Way, report: compose.Report | None) -> Summary:
    if order.report is None:
        return order.run(settings, way.source, way.output, report)
    from streamblur.batch.export import Log
    from streamblur.batch.work import Task, work

    log = Log(order.report, settings)
    try:
        outcome = work(Task(plan.Job(way.source, way.output), settings), None, report)
        log.add(outcome)
        log.close()
    finally:
        log.abort()
    if outcome.failed:
        raise InputError(outcome.error)
    numbers = outcome.frames, outcome.faces, outcome.face_frames, outcome.seconds
    return Summary(*numbers, way.output, tuple(outcome.notes), outcome.kind in ("photo", "pictures"))


def _way(order: Order, settings: Settings, stack: ExitStack) -> Way:
    (named,) = order.sources
    to = order.output or (STANDARD if named == STANDARD else None)
    far = remote.is_url(named)
    if not far and STANDARD not in (named, to) and not (to and remote.is_url(to)):
        return Way(Path(named), _output(Path(named), to))
    if to == STANDARD and sys.stdout.isatty():
        raise OutputError("standard output is a terminal: redirect it to a file, or name one with -o.")
    folder = stack.enter_context(standard.private_folder())
    if far and to is None:
        to = remote.beside(named, compose.default_output(Path(remote.name_of(named))).name)
    if to and remote.is_url(to):
        if remote.is_folder(to):
            to = f"{to.rstrip('/')}/{remote.name_of(named) if far else Path(named).name}"
        remote.free(to, settings.force)
    if named == STANDARD:
        source = standard.spooled(sys.stdin.buffer, folder)
    else:
        source = remote.fetched(named, folder) if far else Path(named)
    if to != STANDARD and not (to and remote.is_url(to)):
        return Way(source, _output(source, to), folder)
    (folder / "out").mkdir()
    return Way(source, folder / "out" / (source.name if to == STANDARD else remote.name_of(to)), folder, to)


def _output(source: Path, to: str | None) -> Path:
    """Where it is written; a folder that was meant as one is made."""
    if to is not None and not plan.is_folder(to):
        return Path(to)
    suffix = written_as(source)
    if to is None:
        return compose.default_output(source).with_suffix(suffix)
    if source.is_file():
        try:
            Path(to).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {to}: {error.strerror}. Choose another one.") from error
    return Path(to) / f"{source.stem}{suffix}"


def _plain(error: StreamblurError, way: Way) -> StreamblurError:
    """The sentence without the private folder."""
    return error if way.folder is None else type(error)(standard.renamed(str(error), way.folder))


def tell(summary: Summary, order: Order) -> None:
    """The closing line, then what the user should know; past standard output when that is the recording."""
    piped = order.output == STANDARD or (order.output is None and order.sources[0] == STANDARD)
    frames = f"{summary.frames} {'picture' if summary.still else 'frame'}{'s' if summary.frames != 1 else ''}"
    faces = f"{summary.tracks} face{'s' if summary.tracks != 1 else ''}{'' if summary.still else ' tracked'}"
    output = "standard output" if piped else printable(summary.output)
    click.echo(f"{frames}, {faces}, {summary.seconds:.1f} s: {output}", err=piped)
    for note in summary.notes:
        click.echo(f"Note: {printable(note)}", err=piped)
