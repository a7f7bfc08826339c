"""Which output each file gets, decided for all of them before anything starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streamblur.batch.gather import BLURRED, Found
from streamblur.batch.kinds import written_as
from streamblur.errors import OutputError


@dataclass(frozen=True, slots=True)
class Job:
    """One file and where it goes."""

    source: Path
    output: Path


def is_folder(text: str) -> bool:
    """Whether an output is meant as a folder: it is one, or it ends like one."""
    return os.path.isdir(text) or text.endswith(("/", os.sep))


def planned(files: Iterable[Found], folder: Path | None) -> list[Job]:
    """A job for each file: beside it, or in ``folder``, where the tree that it was found in is mirrored.

    Raises OutputError when two would get the same output, or one would replace an input.
    """
    jobs = [Job(found.place, _output(found, folder)) for found in files]
    inputs = {_same(job.source): job.source for job in jobs}
    taken: dict[str, Path] = {}
    for job in jobs:
        name = _same(job.output)
        if name in inputs:
            raise OutputError(f"the output of {job.source} would be {job.output}, an input: choose another folder.")
        if name in taken:
            raise OutputError(
                f"{taken[name]} and {job.source} would both become {job.output}: hide them in two runs, "
                "with an output folder each."
            )
        taken[name] = job.source
    return jobs


def _output(found: Found, folder: Path | None) -> Path:
    place, suffix = found.place, written_as(found.place)
    if folder is None:
        return place.with_name(f"{place.stem}{BLURRED}{suffix}")
    inside = place.relative_to(found.root) if found.root is not None else Path(place.name)
    return folder / inside.with_name(f"{place.stem}{suffix}")


def _same(place: Path) -> str:
    """Names that mean the same file have the same text here."""
    text = os.path.normcase(os.path.abspath(place))
    return text.casefold() if sys.platform == "darwin" else text
