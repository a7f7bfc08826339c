"""The fence around a child that reads a stranger's file: no network, no other files, bounded memory and time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import site
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from streamblur import models
from streamblur.web import _landlock, _seccomp

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1
_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_FACTS = ("/etc/localtime", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system")
_DEVICES = ("/dev/urandom", "/dev/random", "/dev/zero")


@dataclass(frozen=True, slots=True)
class Bounds:
    """``memory`` address space, ``output`` the largest file written, in bytes; ``cpu`` seconds on all cores."""

    memory: int
    output: int
    cpu: int


@dataclass(frozen=True, slots=True)
class Holds:
    """What of the fence this system could set up."""

    limits: bool
    network: bool
    files: bool

    def missing(self) -> list[str]:
        """In words, for the user."""
        words = {"limits": "limits of memory and time", "network": "no network", "files": "no other files"}
        return [words[name] for name, held in asdict(self).items() if not held]


def alone() -> None:
    """A session of its own, so that all of it can be killed at once, and death with its parent."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, 9)


def put_up(folder: Path, bounds: Bounds, devices: Sequence[Path] = (), reads: Sequence[Path] = ()) -> Holds:
    """Close the fence around this process for good; ``folder`` is the only place where it may write, ``reads`` are
    files of the user that it may read.

    Raises OSError when the kernel has a part of the fence but does not put it up.
    """
    limited = _limit(bounds)
    if not sys.platform.startswith("linux"):
        return Holds(limited, False, False)
    if ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError("no_new_privs was refused")
    files = _landlock.restrict([*_readable(), *reads], [folder, Path("/dev/null"), *devices])
    return Holds(limited, _seccomp.refuse(), files)


def close_others(keep: int) -> None:
    """Close every file this process inherited but standard ones and ``keep``."""
    os.closerange(3, keep)
    os.closerange(
        keep + 1, 1 << 16 if resource is None else min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1 << 20)
    )


def _limit(bounds: Bounds) -> bool:
    if resource is None:
        return False
    wanted = {"AS": bounds.memory, "CPU": bounds.cpu, "FSIZE": bounds.output, "NOFILE": 256, "CORE": 0}
    for name, value in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
            resource.setrlimit(kind, (most, most))
    return sys.platform.startswith("linux")


def _readable() -> Iterator[Path]:
    """Python, its libraries, this package and the models; nothing of the user's."""
    yield Path(__file__).resolve().parent.parent
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}:
        yield from (Path(prefix) / part for part in ("lib", "lib64", "pyvenv.cfg"))
    yield from (Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages"))
    yield Path(site.getusersitepackages())
    yield models.cache_folder()
    if named := os.environ.get("STREAMBLUR_MODELS"):
        yield Path(named).expanduser()
    yield from map(Path, (*_SYSTEM, *_FACTS, *_DEVICES))
