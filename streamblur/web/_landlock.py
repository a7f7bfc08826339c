"""Landlock: the Linux kernel refuses this process every file but those named (man 7 landlock; ABI 1 is Linux 5.13)."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446
"""Numbers of the three system calls, the same on every architecture."""
_EXECUTE, _WRITE, _READ_FILE, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_FILE = _EXECUTE | _WRITE | _READ_FILE | _TRUNCATE | _IOCTL
_KNOWN = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
"""Which rights each ABI can refuse; from 5 on also IOCTL."""
_NO_TCP = 0b11
_SCOPED = 0b11
"""No abstract sockets, no signals to processes outside (ABI 6)."""


def abi() -> int:
    """The version that the kernel offers; 0 when it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(CREATE, None, 0, 1)))


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """From now on this thread and all it starts reads only ``readable`` and ``writable``, and writes only the latter.

    What does not exist is left out. False when the kernel cannot do it; raises OSError when it should but fails.
    """
    version = abi()
    if not version:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = _KNOWN.get(version, 0xFFFF)
    asked = struct.pack("QQQ", handled, _NO_TCP if version >= 4 else 0, _SCOPED if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _checked(libc.syscall(CREATE, ctypes.c_char_p(asked), ctypes.c_size_t(size), 0))
    try:
        for path in readable:
            _allow(libc, rules, path, (_READ_FILE | _READ_DIR) & handled)
        for path in writable:
            _allow(libc, rules, path, handled & ~_EXECUTE)
        _checked(libc.syscall(RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights &= ~0 if path.is_dir() else _FILE
        _checked(libc.syscall(ADD, rules, 1, ctypes.c_char_p(struct.pack("=Qi", rights, number)), 0))
    finally:
        os.close(number)


def _checked(answer: int) -> int:
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer
