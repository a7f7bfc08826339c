"""What was asked of ``blur`` besides settings, and the way of a single file, or of standard input."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from streamblur import compose
from streamblur.batch import gather, plan
from streamblur.cli._terminal import printable, progress
from streamblur.errors import InputError, OutputError, StreamblurError
from streamblur.settings import Settings
from streamblur.values import Summary

STANDARD = "-"


@dataclass(frozen=True, slots=True)
class Order:
    """``sources`` and ``output`` as typed; ``jobs`` None: as many as the machine can do."""

    sources: tuple[str, ...]
    output: str | None
    recursive: bool = False
    jobs: int | None = None
    report: Path | None = None
    quiet: bool = False
    verbose: bool = False

    @property
    def single(self) -> bool:
        """Whether it is about one file that was named, or standard input."""
        if len(self.sources) != 1:
            return False
        (only,) = self.sources
        return only == STANDARD or (not Path(only).is_dir() and gather.matches(only) == [only])


def one(order: Order, settings: Settings) -> Summary:
    """Do one file, and say what happened."""
    with ExitStack() as stack:
        source, output, spool = _places(order, stack)
        with progress(order.quiet or order.verbose) as report:
            try:
                summary = _run(order, settings, source, output, report)
            except StreamblurError as error:
                raise _plain(error, spool) from error
        if order.output == STANDARD or (order.output is None and order.sources[0] == STANDARD):
            from streamblur.batch import standard

            standard.sent(output, sys.stdout.buffer)
    return summary


def _run(order: Order, settings: Settings, source: Path, output: Path, report: compose.Report | None) -> Summary:
    if order.report is None:
        return compose.run(settings, source, output, report)
    from streamblur.batch.export import Log
    from streamblur.batch.work import Task, work

    log = Log(order.report, settings)
    try:
        outcome = work(Task(source, output, settings, 0), None, report)
        log.add(outcome)
        log.close()
    finally:
        log.abort()
    if outcome.failed:
        raise InputError(outcome.error)
    numbers = outcome.frames, outcome.faces, outcome.face_frames, outcome.seconds
    return Summary(*numbers, output, tuple(outcome.notes), outcome.kind in ("photo", "pictures"))


def _places(order: Order, stack: ExitStack) -> tuple[Path, Path, Path | None]:
    """Source and output as files, and the private folder in which one of them is."""
    (named,) = order.sources
    to = order.output or (STANDARD if named == STANDARD else None)
    if STANDARD not in (named, to):
        return Path(named), _output(Path(named), to), None
    from streamblur.batch import standard

    if to == STANDARD and sys.stdout.isatty():
        raise OutputError("standard output is a terminal: redirect it to a file, or name one with -o.")
    folder = stack.enter_context(standard.private_folder())
    source = standard.spooled(sys.stdin.buffer, folder) if named == STANDARD else Path(named)
    if to != STANDARD:
        return source, _output(source, to), folder
    (folder / "standard output").mkdir()
    return source, folder / "standard output" / source.name, folder


def _output(source: Path, to: str | None) -> Path:
    if to is None:
        return compose.default_output(source)
    return Path(to) / source.name if plan.is_folder(to) else Path(to)


def _plain(error: StreamblurError, spool: Path | None) -> StreamblurError:
    """The sentence without the private folder."""
    if spool is None:
        return error
    from streamblur.batch import standard

    return type(error)(standard.renamed(str(error), spool))


def tell(summary: Summary, order: Order) -> None:
    """The closing line, then what the user should know; past standard output when that is the recording."""
    piped = order.output == STANDARD or (order.output is None and order.sources[0] == STANDARD)
    frames = f"{summary.frames} {'picture' if summary.still else 'frame'}{'s' if summary.frames != 1 else ''}"
    faces = f"{summary.tracks} face{'s' if summary.tracks != 1 else ''}{'' if summary.still else ' tracked'}"
    output = "standard output" if piped else printable(summary.output)
    click.echo(f"{frames}, {faces}, {summary.seconds:.1f} s: {output}", err=piped)
    for note in summary.notes:
        click.echo(f"Note: {printable(note)}", err=piped)
