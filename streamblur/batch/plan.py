"""Which output each file gets, decided for all of them before anything starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streamblur.batch import remote
from streamblur.batch.gather import BLURRED, Found
from streamblur.batch.kinds import written_as
from streamblur.errors import OutputError


@dataclass(frozen=True, slots=True)
class Job:
    """One file and where it goes.

    A source elsewhere has its address in ``fetch``, an output elsewhere in ``send``; ``output`` then only names it in
    the journal.
    """

    source: Path
    output: Path
    fetch: str = ""
    send: str = ""

    @property
    def source_name(self) -> str:
        return self.fetch or str(self.source)

    @property
    def output_name(self) -> str:
        return self.send or str(self.output)


def is_folder(text: str) -> bool:
    """Whether an output is meant as a folder: it is one, or it ends like one."""
    if remote.is_url(text):
        return remote.is_folder(text)
    return os.path.isdir(text) or text.endswith(("/", os.sep))


def planned(files: Iterable[Found], to: str | None) -> list[Job]:
    """A job for each file: beside it, or in the folder ``to`` (which may be a URL), where the tree that it was found in
    is mirrored.

    Raises OutputError when two would get the same output, or one would replace an input.
    """
    jobs = [_job(found, to) for found in files]
    inputs = {_same(job.source_name) for job in jobs}
    taken: dict[str, Job] = {}
    for job in jobs:
        name = _same(job.output_name)
        if name in inputs:
            raise OutputError(
                f"the output of {job.source_name} would be {job.output_name}, an input: choose another folder."
            )
        if name in taken:
            raise OutputError(
                f"{taken[name].source_name} and {job.source_name} would both become {job.output_name}: "
                "hide them in two runs, with an output folder each."
            )
        taken[name] = job
    return jobs


def _job(found: Found, to: str | None) -> Job:
    place, suffix = found.place, written_as(found.place)
    if to is None:
        name = f"{place.stem}{BLURRED}{suffix}"
        return _sent(found, remote.beside(found.url, name)) if found.url else Job(place, place.with_name(name))
    inside = place.relative_to(found.root) if found.root is not None else place if found.url else Path(place.name)
    inside = inside.with_name(f"{place.stem}{suffix}")
    if remote.is_url(to):
        return _sent(found, f"{to.rstrip('/')}/{inside.as_posix()}")
    return Job(place, Path(to) / inside, found.url)


def _sent(found: Found, url: str) -> Job:
    return Job(found.place, remote.remembered(url), found.url, url)


def _same(name: str) -> str:
    """Names that mean the same file have the same text here."""
    if remote.is_url(name):
        return name
    text = os.path.normcase(os.path.abspath(name))
    return text.casefold() if sys.platform == "darwin" else text
