"""From what the user named (files, folders, patterns) to the files that are meant."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamblur.batch import remote
from streamblur.batch.journal import NAME as JOURNAL
from streamblur.batch.journal import outputs_in
from streamblur.batch.kinds import is_media
from streamblur.errors import InputError

BLURRED = "_blurred"
"""What ends the stem of an output beside its input."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and the folder among the inputs in which it was found (None: it was named itself).

    Of one elsewhere ``url`` is its address, and ``place`` where it lies in the folder that was named, or its name.
    """

    place: Path
    root: Path | None = None
    url: str = ""


@dataclass(slots=True)
class Gathered:
    """The files that are meant, each once, and those in the folders that were passed over."""

    files: list[Found] = field(default_factory=list)
    no_media: list[Path] = field(default_factory=list)
    earlier: list[Path] = field(default_factory=list)


def matches(text: str) -> list[str]:
    """What a pattern stands for, where the shell left it as it is (Windows); a name that exists is just a name.

    Raises InputError when nothing matches.
    """
    if os.path.lexists(text) or not glob.has_magic(text):
        return [text]
    if found := sorted(glob.glob(text, recursive=True)):
        return found
    raise InputError(f"no file matches {text}: check the pattern.")


def gathered(inputs: Sequence[str], recursive: bool, without: Path | None = None) -> Gathered:
    """The files meant by ``inputs``; of folders those directly in them, or all when ``recursive``.

    ``without`` is a folder inside them that is left out: where the outputs go. Raises InputError for a pattern that
    matches nothing.
    """
    result = Gathered()
    once: set[str] = set()
    for text in (url for url in inputs if remote.is_url(url)):
        result.files += _elsewhere(text, recursive, result)
    for text in (match for each in inputs if not remote.is_url(each) for match in matches(each)):
        place = Path(text)
        files = _inside(place, recursive, without, result) if place.is_dir() else [Found(place)]
        for found in files:
            if (name := os.path.abspath(found.place)) not in once:
                once.add(name)
                result.files.append(found)
    return result


def _inside(root: Path, recursive: bool, without: Path | None, result: Gathered) -> Iterator[Found]:
    """The media in a folder; each real folder is gone into once, so that links in a circle end."""
    been: set[tuple[int, int]] = set()
    for here, folders, files in os.walk(root, followlinks=True):
        known = os.stat(here)
        if (known.st_dev, known.st_ino) in been:
            folders.clear()
            continue
        been.add((known.st_dev, known.st_ino))
        folders[:] = sorted(f for f in folders if recursive and not f.startswith(".") and _apart(here, f, without))
        made = outputs_in(Path(here))
        for name in sorted(files):
            place = Path(here, name)
            if name in made or place.stem.endswith(BLURRED):
                result.earlier.append(place)
            elif not name.startswith(".") and is_media(place):
                yield Found(place, root)
            elif name != JOURNAL:
                result.no_media.append(place)


def _elsewhere(url: str, recursive: bool, result: Gathered) -> Iterator[Found]:
    """The media at a URL, told by their names alone."""
    there = remote.files_at(url, recursive)
    if there is None:
        yield Found(Path(remote.name_of(url)), url=url)
        return
    for each, name in there:
        inside = Path(name)
        if inside.stem.endswith(BLURRED):
            result.earlier.append(Path(each))
        elif inside.name.startswith(".") or not is_media(inside):
            result.no_media.append(Path(each))
        else:
            yield Found(inside, url=each)


def _apart(here: str, folder: str, without: Path | None) -> bool:
    return without is None or os.path.realpath(os.path.join(here, folder)) != os.path.realpath(without)
