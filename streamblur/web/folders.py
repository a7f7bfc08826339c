"""Where jobs lie: one private folder for each, under one private root, wiped by whoever comes next if not by us."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed: no lock is needed
    fcntl = None  # type: ignore[assignment]

PREFIX = "streamblur-web-"
_LOCK = ".lock"
_YOUNG = 60.0
"""Seconds within which a folder without a lock may belong to a server that is just starting."""


class Root:
    """The folder of one running server, or of one result on its way. A lock on a file in it tells the living from the
    dead. Raises OSError."""

    def __init__(self, parent: Path | None = None, prefix: str = PREFIX) -> None:
        self.parent = parent or Path(tempfile.gettempdir())
        sweep(self.parent, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=self.parent))  # 0700 and not to be guessed
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if fcntl is not None:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def folder(self) -> Path:
        """A new private folder, for one job."""
        return Path(tempfile.mkdtemp(dir=self.path))

    def free(self) -> int:
        """Bytes left on the disk."""
        return shutil.disk_usage(self.path).free

    def close(self) -> None:
        """Wipe everything. May be called twice."""
        if fcntl is None and self._lock >= 0:  # Windows removes no open file
            os.close(self._lock)
            self._lock = -1
        wipe(self.path)
        if fcntl is not None and self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def wipe(folder: Path) -> None:
    """Remove the folder and all in it, following no link. Never raises; what is left is swept by the next start."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path, prefix: str = PREFIX) -> None:
    """Wipe what servers that died left in ``parent``; only real folders of this user's own, under our prefix."""
    with contextlib.suppress(OSError):
        for found in os.scandir(parent):
            if found.name.startswith(prefix) and found.is_dir(follow_symlinks=False) and _dead(Path(found.path)):
                wipe(Path(found.path))


def _dead(folder: Path) -> bool:
    try:
        about = folder.lstat()
        if hasattr(os, "getuid") and (about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077):
            return False
        number = os.open(folder / _LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return time.time() - about.st_mtime > _YOUNG
    except OSError:
        return False
    try:
        if fcntl is not None:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(number)
    return True


def create(place: Path) -> BinaryIO:
    """A new file that nobody else can read. Raises OSError when there is one of that name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(place, flags, 0o600), "w+b")


def plain(place: Path) -> BinaryIO:
    """A file that a child wrote, opened: it may be no link, so that a hostile child cannot point elsewhere."""
    number = os.open(
        place, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    about = os.fstat(number)
    if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
        os.close(number)
        raise OSError("not a plain file")
    return os.fdopen(number, "rb")
