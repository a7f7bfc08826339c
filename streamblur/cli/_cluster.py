"""The part of ``streamblur blur`` that hands work to other machines."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamblur import compose
from streamblur.batch.plan import Job
from streamblur.cli._board import Board
from streamblur.cli._order import Run
from streamblur.settings import Settings
from streamblur.values import Summary

if TYPE_CHECKING:
    from streamblur.batch.running import Ways

_ALONE = ("verify", "repair", "strict", "from_report")


def one_on(context: click.Context, address: str) -> Run:
    """What does one file on the workers of the cluster at ``address``.

    Raises click.UsageError for what is proved while it is written, on one machine.
    """
    asked = context.params
    report = asked["report"] is not None and asked["report"].suffix.lower() not in (".csv", ".jsonl")
    if report or any(asked[name] for name in _ALONE):
        raise click.UsageError("--cluster proves nothing: use 'streamblur verify' on its output.")

    def run(settings: Settings, source: Path, output: Path, show: compose.Report | None) -> Summary:
        from streamblur.faces import file
        from streamblur.segments.cluster import run_on

        faces = file.read(asked["faces"]) if asked["faces"] is not None else None
        return run_on(address, settings, source, output, show, faces)

    return run


def ways(address: str, shown: Board, stack: ExitStack) -> Ways:
    """The workers of the cluster at ``address`` for many files, one each at a time, until the stack closes."""
    from streamblur.batch.running import Ways
    from streamblur.batch.work import work
    from streamblur.segments.cluster import workers

    cluster = stack.enter_context(workers(address))

    def tick(running: dict[int, str]) -> None:
        shown.now(dict.fromkeys(running.values(), (0, 0)))

    return Ways(cluster.executor, work, 2 * cluster.size, tick)


def everywhere(job: Job) -> Job:
    """The job with paths that mean the same on every machine."""
    return replace(job, source=job.source.absolute(), output=job.output.absolute())
