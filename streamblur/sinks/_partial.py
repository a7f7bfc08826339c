"""The file that is being written: hidden beside its final name, readable by nobody else, gone unless finished.

Nothing exists under the final name before ``finish``; a run that died leaves at most a hidden
``.NAME.XXXXXXXX.streamblur-partial``, which the next run for the same output removes. A lock on the
open file tells the partial of a dead run from that of a living one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from io import BufferedRandom
from pathlib import Path

from streamblur.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed: no lock is needed
    fcntl = None  # type: ignore[assignment]

_SUFFIX = ".streamblur-partial"
_LOCK = "lock"
_TRIES = 3


def checked(place: Path, origin: Path | None, force: bool) -> None:
    """Refuse an output that would destroy something.

    Raises OutputError when ``place`` is the input (by path, symbolic link or hard link), exists
    without ``force``, is no plain file, or its folder is missing.
    """
    if not place.parent.is_dir():
        raise OutputError(f"the folder of {place} does not exist: make it first.")
    if not os.path.lexists(place):
        return
    if origin is not None and place.exists() and origin.exists() and place.samefile(origin):
        raise OutputError(f"{place} is the input itself: choose another name for the output.")
    if place.is_dir() or (place.exists() and not place.is_file()):
        raise OutputError(f"{place} is not a plain file: choose another name for the output.")
    if not force:
        raise OutputError(f"{place} exists already: choose another name, or allow replacing it with --force.")


class PartialFile:
    """A new empty file in the folder of ``place``, open as ``file``. Raises OutputError when it cannot be made."""

    def __init__(self, place: Path, force: bool) -> None:
        self._place, self._force = place, force
        start = _start(place)
        _sweep(place.parent, start)
        self.path = place.parent / f"{start}{secrets.token_hex(4)}{_SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            number = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise OutputError(f"cannot write in {place.parent}: {error.strerror}. Choose another folder.") from error
        self.file: BufferedRandom = os.fdopen(number, "w+b")
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks: then nothing is swept either
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def finish(self) -> None:
        """Everything on the disk, the final name at once, then the usual permissions. Raises OSError or OutputError."""
        self.file.flush()
        os.fsync(self.file.fileno())
        if not self._force and os.path.lexists(self._place):
            raise OutputError(f"{self._place} has appeared meanwhile: choose another name for the output.")
        if fcntl is None:
            self.file.close()
        os.replace(self.path, self._place)
        if hasattr(os, "fchmod"):  # only now: whoever is killed before leaves nothing that others can read
            umask = os.umask(0o077)
            os.umask(umask)
            os.fchmod(self.file.fileno(), 0o666 & ~umask)
        self.file.close()
        _sync_folder(self._place.parent)

    def vanish(self) -> None:
        """Close and remove. Never raises; what cannot be removed now is swept by the next run."""
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


class PartialFolder:
    """A new folder beside ``place`` for pieces of it: hidden, for its owner alone, swept like a ``PartialFile``.

    It lives while its file ``lock`` is locked. Raises OutputError when it cannot be made.
    """

    def __init__(self, place: Path) -> None:
        swept(place)
        self.path = place.parent.absolute() / f"{_start(place)}{secrets.token_hex(4)}{_SUFFIX}"
        try:
            self.path.mkdir(mode=0o700)
            self._lock = (self.path / _LOCK).open("wb")
        except OSError as error:
            raise OutputError(f"cannot write in {place.parent}: {error.strerror}. Choose another folder.") from error
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def vanish(self) -> None:
        """Remove it and all that is in it. Never raises."""
        self._lock.close()
        for _ in range(_TRIES):  # somebody may be writing a last piece into it
            shutil.rmtree(self.path, ignore_errors=True)


def swept(place: Path) -> None:
    """Remove what dead runs for this output left behind. Never raises."""
    _sweep(place.parent, _start(place))


def _start(place: Path) -> str:
    return f".{os.fsdecode(os.fsencode(place.name)[:180])}."


def _sweep(folder: Path, start: str) -> None:
    """Remove the partial files that dead runs for the same output left behind."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            middle = name[len(start) : -len(_SUFFIX)]
            if name.startswith(start) and name.endswith(_SUFFIX) and len(middle) == 8:
                with contextlib.suppress(OSError):
                    _remove_if_dead(folder / name)


def _remove_if_dead(path: Path) -> None:
    is_folder = path.is_dir() and not path.is_symlink()
    remove = shutil.rmtree if is_folder else os.unlink
    if fcntl is None:
        remove(path)
        return
    number = os.open(path / _LOCK if is_folder else path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(path)
    finally:
        os.close(number)


def _sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
