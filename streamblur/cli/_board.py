"""What is shown while many files are done: a line for each that ended, and a bar on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from streamblur.cli._terminal import printable

if TYPE_CHECKING:
    from streamblur.batch.outcome import Outcome


class Board(Protocol):
    """``ended`` is told of every file that ended, ``now`` how far those in work are: frames written and announced
    (0: unknown)."""

    def ended(self, outcome: Outcome) -> None: ...
    def now(self, running: Mapping[str, tuple[int, int]]) -> None: ...


class Lines:
    """A line for each file; ``bar`` is tqdm's, or None."""

    def __init__(self, quiet: bool, verbose: bool, bar: Any = None) -> None:
        self._quiet, self._verbose, self._bar = quiet, verbose, bar
        self._done = 0

    def ended(self, outcome: Outcome) -> None:
        self._done += 1
        if outcome.earlier and self._bar is not None:
            self._bar.initial += 1  # it took no time, and says nothing about those that are left
        if outcome.failed:
            self._say(f"Error: {outcome.error}", True)
        elif not self._quiet and (self._verbose or not outcome.earlier):
            self._say(line(outcome), False)

    def _say(self, text: str, wrong: bool) -> None:
        if self._bar is None:
            click.echo(printable(text), err=wrong)
        else:
            self._bar.write(printable(text), file=sys.stderr if wrong else sys.stdout)

    def now(self, running: Mapping[str, tuple[int, int]]) -> None:
        if self._bar is None:
            return
        parts = {place: min(1.0, frames / total) if total else 0.0 for place, (frames, total) in running.items()}
        begun = {place: part for place, part in parts.items() if running[place][0]}
        self._bar.set_postfix_str(
            ", ".join(f"{printable(place)[-24:]} {part:.0%}" for place, part in begun.items()), refresh=False
        )
        self._bar.update(self._done + sum(parts.values()) - self._bar.n)


def line(outcome: Outcome) -> str:
    """One file that was written."""
    faces = f"{outcome.faces} face{'s' if outcome.faces != 1 else ''}" if outcome.faces else outcome.status
    when = "by an earlier run" if outcome.earlier else f"{outcome.seconds:.1f} s"
    return f"{outcome.source}: {faces}, {when}: {outcome.output}"


@contextmanager
def board(files: int, quiet: bool, verbose: bool) -> Iterator[Board]:
    """Lines, and under them a bar where somebody sees it."""
    if quiet or verbose or not sys.stderr.isatty():
        yield Lines(quiet, verbose)
        return
    from tqdm import tqdm

    sized = os.get_terminal_size(sys.stderr.fileno()).columns > 0  # a terminal may not know its size
    size: dict[str, Any] = {"dynamic_ncols": True} if sized else {"ncols": 80, "nrows": 24}
    form = "{l_bar}{bar}| {n:.1f}/{total_fmt} files [{elapsed}<{remaining}{postfix}]"
    with tqdm(total=files, leave=False, smoothing=0, file=sys.stderr, bar_format=form, **size) as bar:
        yield Lines(quiet, verbose, bar)
