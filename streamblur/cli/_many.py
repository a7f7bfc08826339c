"""The way of many files: gather, plan, work through them on all cores, and say what became of each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamblur import rooms
from streamblur.batch import gather, plan
from streamblur.batch.kinds import is_media
from streamblur.cli._board import Board, board
from streamblur.cli._order import STANDARD, Order
from streamblur.cli._terminal import printable
from streamblur.errors import InputError, OutputError
from streamblur.settings import Settings

if TYPE_CHECKING:
    from streamblur.batch.outcome import Outcome

_NAMED = 20
"""Files that a line of the summary names at most; the log names all."""


def many(order: Order, settings: Settings) -> bool:
    """Do them all, and say what happened; whether all of them succeeded."""
    from streamblur.batch import export, sheet

    started = time.monotonic()
    rooms.overlays(settings)
    found, jobs = _planned(order)
    with ExitStack() as stack:
        log: export.Log | sheet.Sheet | None = None
        if order.report is not None:
            kind = sheet.Sheet if order.report.suffix.lower() in sheet.SUFFIXES else export.Log
            log = kind(order.report, settings)
            stack.callback(log.abort)
        ended: list[Outcome] = []
        shown = stack.enter_context(board(len(jobs), order.quiet, order.verbose))
        for outcome in _outcomes(order, settings, jobs, shown, stack):
            ended.append(outcome)
            shown.ended(outcome)
            if log is not None:
                log.add(outcome)
        if log is not None:
            log.close()
    if not order.quiet:
        for line in summary(ended, found, time.monotonic() - started):
            click.echo(printable(line))
    return not any(outcome.failed for outcome in ended)


def _planned(order: Order) -> tuple[gather.Gathered, list[plan.Job]]:
    if order.output == STANDARD:
        raise OutputError("several files cannot go to standard output: name a folder with -o.")
    if STANDARD in order.sources:
        raise InputError("standard input (-) must be the only input.")
    to = order.output
    if to is not None and not plan.is_folder(to) and (Path(to).exists() or is_media(Path(to))):
        raise OutputError(f"{to} is a file, but there may be several outputs: name a folder.")
    found = gather.gathered(order.sources, order.recursive, Path(to) if to is not None else None)
    if not found.files:
        what = "no photo or video" if not found.earlier else "nothing but outputs of earlier runs"
        how = "" if order.recursive else "; -r looks into folders in it too"
        raise InputError(f"{', '.join(order.sources)} holds {what}{how}.")
    return found, plan.planned(found.files, to)


def _outcomes(
    order: Order, settings: Settings, jobs: Sequence[plan.Job], shown: Board, stack: ExitStack
) -> Iterator[Outcome]:
    from streamblur.batch.resources import default_jobs
    from streamblur.batch.running import Ways, outcomes
    from streamblur.batch.workers import Slots, Workers, worked

    if order.cluster is not None:
        from streamblur.cli._cluster import everywhere, ways

        there = ways(order.cluster, shown, stack)
        return outcomes([everywhere(job) for job in jobs], settings.everywhere(), there)
    count = min(order.jobs or default_jobs(len(jobs)), len(jobs))
    slots = Slots(2 * count)
    workers = Workers(count, slots)
    stack.push(lambda kind, *_: workers.shutdown(cancel_futures=kind is not None))

    def tick(running: dict[int, str]) -> None:
        shown.now({place: slots.told(slot) for slot, place in running.items()})

    return outcomes(jobs, settings, Ways(workers, worked, 2 * count, tick))


def summary(ended: Sequence[Outcome], found: gather.Gathered, seconds: float) -> Iterator[str]:
    """The closing table, and what the user should know."""
    counts = Counter(outcome.status for outcome in ended)
    faces = sum(outcome.faces for outcome in ended)
    yield f"{len(ended)} file{'s' if len(ended) != 1 else ''}, {faces} face{'s' if faces != 1 else ''}, {seconds:.1f} s"
    rows = [
        (status, counts[status], [o.source for o in ended if o.status == status] if status == "no face found" else [])
        for status in ("done", "no face found", "failed")
    ]
    rows.append(("of these by an earlier run", sum(outcome.earlier for outcome in ended), []))
    rows.append(("passed over: no media", len(found.no_media), [str(place) for place in found.no_media]))
    rows.append(("passed over: earlier outputs", len(found.earlier), []))
    for name, count, places in rows:
        if count:
            yield f"  {name:<29}{count:>6}{_named(places)}"
    for outcome in ended:
        if outcome.failed:
            yield f"failed: {outcome.error}"
    for note, times in Counter(note for outcome in ended for note in set(outcome.notes)).most_common():
        yield f"Note ({times} file{'s' if times != 1 else ''}): {note}"


def _named(places: Sequence[str]) -> str:
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return f"   {', '.join(places[:_NAMED])}{more}" if places else ""
