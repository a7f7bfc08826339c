"""Files elsewhere, by URL (``s3://``, ``sftp://``, ``memory://`` ...): copied to and from a private folder by fsspec.

A name is only taken for a URL when it has ``://`` after a protocol that fsspec knows, and no file is called so.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from streamblur.errors import InputError, MissingError, OutputError, StreamblurError
from streamblur.models import cache_folder

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://")
_NO_FOLDERS = ("http://", "https://")
_CHUNK = 1 << 20


def is_url(text: str) -> bool:
    """Whether the text means a file elsewhere. Raises MissingError when it seems so but fsspec is not installed."""
    found = _URL.match(text)
    if found is None or os.path.lexists(text):
        return False
    if importlib.util.find_spec("fsspec") is None:
        raise MissingError(f"{text} needs the Python package fsspec: python3 -m pip install 'streamblur[remote]'.")
    import fsspec

    return found[1] in fsspec.available_protocols()


@contextmanager
def told(url: str, kind: type[StreamblurError]) -> Iterator[None]:
    """Turn what the many libraries behind fsspec raise into one sentence."""
    try:
        yield
    except StreamblurError:
        raise
    except ImportError as error:
        raise MissingError(f"{url} needs a Python package that is not installed: {error}.") from error
    except Exception as error:  # of botocore, paramiko, aiohttp ..., which have no common base
        what = str(error) or type(error).__name__
        raise kind(f"cannot reach {url}: {what}. Check the address and that you may use it.") from error


def _opened(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    return url_to_fs(url)  # type: ignore[no-any-return]


def files_at(url: str, recursive: bool) -> list[tuple[str, str]] | None:
    """The URLs of the files in a folder, each with its name inside it, or of those that a pattern matches; None when it
    is a single file."""
    with told(url, InputError):
        system, path = _opened(url)
        if url.startswith(_NO_FOLDERS):
            return None
        if re.search(r"[*?[]", path) and not system.exists(path):
            found = [each for each in system.glob(path) if not system.isdir(each)]
            path = ""
        elif system.isdir(path):
            found = system.find(path, maxdepth=None if recursive else 1)
        else:
            return None
        root = f"{path.rstrip('/')}/"
        names = ((each, each.removeprefix(root) if path else posixpath.basename(each)) for each in found)
        return sorted((str(system.unstrip_protocol(each)), name) for each, name in names)


def fetched(url: str, folder: Path) -> Path:
    """A copy in ``folder``, under its last name. Raises InputError when it cannot be had."""
    place = folder / (name_of(url) or "file")
    with told(url, InputError):
        system, path = _opened(url)
        with system.open(path, "rb") as source, place.open("xb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
    return place


def sent(place: Path, url: str) -> None:
    """Copy a file to ``url``, where nothing of it appears before it is whole (as far as the other side knows how).

    Raises OutputError when that fails.
    """
    with told(url, OutputError):
        system, path = _opened(url)
        with suppress(NotImplementedError):
            system.makedirs(posixpath.dirname(path), exist_ok=True)
        with system.transaction, system.open(path, "wb") as target, place.open("rb") as file:
            shutil.copyfileobj(file, target, _CHUNK)


def free(url: str, force: bool) -> None:
    """Raise OutputError when something is there already and may not be replaced."""
    with told(url, OutputError):
        system, path = _opened(url)
        if not force and system.exists(path):
            raise OutputError(f"{url} exists already: choose another name, or allow replacing it with --force.")


def is_folder(url: str) -> bool:
    """Whether an output is meant as a folder."""
    with told(url, OutputError):
        system, path = _opened(url)
        return url.endswith("/") or bool(system.isdir(path))


def mark_of(url: str) -> tuple[int, str] | None:
    """The size, and what changes with the content (an ETag, a time); None when it is not there."""
    with suppress(StreamblurError), told(url, InputError):
        system, path = _opened(url)
        return int(system.info(path)["size"] or 0), str(system.ukey(path))
    return None


def name_of(url: str) -> str:
    """The last part of it."""
    return posixpath.basename(url.rstrip("/").partition("://")[2].partition("?")[0])


def beside(url: str, name: str) -> str:
    """The same folder, another name."""
    return f"{url.rpartition('/')[0]}/{name}"


def remembered(url: str) -> Path:
    """Where the journal lies for outputs in the folder of ``url``, and under which name: not elsewhere, where nothing
    can be added to a file, but in the user's cache folder."""
    folder = hashlib.sha256(url.rpartition("/")[0].encode()).hexdigest()[:24]
    return cache_folder() / "batches" / folder / name_of(url)
