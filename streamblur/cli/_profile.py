"""``--profile``: a table of where the time of a run went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from streamblur import timing


@contextmanager
def profiled(asked: bool) -> Iterator[None]:
    """When ``asked``, write the table to standard error after what is in it."""
    if not asked:
        yield
        return
    with timing.takes() as times:
        yield
    click.echo(table(times), err=True)


def table(times: timing.Times) -> str:
    """A line for each stage, longest first; stages of different threads overlap, so that shares need not add up."""
    lines = [f"{'stage':<20}{'seconds':>9}{'of the run':>12}{'times':>8}{'ms each':>10}"]
    for name, (seconds, count) in sorted(times.stages.items(), key=lambda item: -item[1][0]):
        share = seconds / times.seconds if times.seconds else 0.0
        lines.append(f"{name:<20}{seconds:>9.2f}{share:>12.0%}{count:>8}{1000 * seconds / count:>10.2f}")
    lines.append(f"{times.seconds:.2f} s in all, {times.cpu:.2f} s of processor time on all threads")
    return "\n".join(lines)
