"""``streamblur models``: which face models there are, where they lie, and getting those that are not in the package."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from streamblur import download
from streamblur.models import KNOWN, PACKAGED, Weights, cache_folder, known, place


@click.group(name="models", invoke_without_command=True, epilog="Example:\n\n  streamblur models get yunet")
@click.pass_context
def models(context: click.Context) -> None:
    """List the face models, or get one that is not part of the package."""
    if context.invoked_subcommand is None:
        for weights in (*PACKAGED, *KNOWN.values()):
            click.echo(told(weights))


@models.command(epilog="Example:\n\n  streamblur models get yunet")
@click.argument("name", metavar="NAME", type=click.Choice([w.name for w in KNOWN.values() if w.url]))
@click.option("--from", "source", type=click.Path(path_type=Path), help="Take it from this file; no network.")
def get(name: str, source: Path | None) -> None:
    """Download a model into the user's cache folder, and check it."""
    weights, folder = known(name), cache_folder()
    if source is not None:
        where = download.take(weights, source, folder)
    else:
        with bar(weights) as report:
            where = download.get(weights, folder, report)
    click.echo(f"{weights.file}: {click.format_filename(where)}")


def told(weights: Weights) -> str:
    """Four lines about one model."""
    where = place(weights)
    lies = click.format_filename(where) if where is not None else f"not installed: {weights.how}"
    facts = f"{weights.file}, {weights.size:,} bytes, sha256 {weights.sha256[:12]}, {weights.licence}"
    return f"{weights.name}: {weights.role}\n  {facts}\n  {lies}"


@contextmanager
def bar(weights: Weights) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal; nothing when nobody would see it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    sized = os.get_terminal_size(sys.stderr.fileno()).columns > 0  # a terminal may not know its size
    columns = None if sized else 80
    with tqdm(total=weights.size, unit="B", unit_scale=True, leave=False, file=sys.stderr, ncols=columns) as shown:

        def show(there: int) -> None:
            shown.update(there - shown.n)

        yield show
