"""Seccomp: the Linux kernel refuses this process the system calls that decoding never needs (man 2 seccomp).

A list of what is refused, not of what is allowed: the libraries underneath need different calls from one
C library, kernel and processor to the next, and a call refused by mistake would look like a damaged file.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_ARCHES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000
_THREAD = 0x00010000
_NUMBERS: dict[str, tuple[int, int]] = {
    # Network.
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmmsg": (307, 269),
    # Other programs and processes.
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, -1), "vfork": (58, -1), "kill": (62, 129),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    # The machine.
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "open_by_handle_at": (304, 265), "init_module": (175, 105), "finit_module": (313, 273), "reboot": (169, 142),
    "personality": (135, 92),
}  # fmt: skip
_CLONE, _CLONE3, _TGKILL = (56, 220), (435, 435), (234, 131)


def refuse() -> bool:
    """From now on all threads are refused those calls with EPERM. False when this system cannot do it.

    Starting threads stays possible, starting processes not; ``clone3`` answers ENOSYS so that the C library falls
    back to ``clone``, whose flags can be seen. Raises OSError when the kernel refuses the filter.
    """
    arch = _ARCHES.get(platform.machine())
    if not sys.platform.startswith("linux") or arch is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    program = b"".join(_filter(*arch))
    held = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))
    seccomp = 317 if arch[1] == 0 else 277
    if libc.syscall(seccomp, 1, 1, ctypes.c_char_p(header)):  # mode filter, for every thread
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return True


def _filter(audit: int, column: int) -> list[bytes]:
    """The program, one instruction of eight bytes each."""
    lines = [_step(_LOAD, 4), _step(_EQUAL, audit, 1, 0), _step(_RETURN, _KILL), _step(_LOAD, 0)]
    if column == 0:
        lines += [_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _KILL)]
    lines += [_step(_EQUAL, _CLONE3[column], 0, 1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    for name in _NUMBERS.values():
        if name[column] >= 0:
            lines += [_step(_EQUAL, name[column], 0, 1), _step(_RETURN, _ERRNO | errno.EPERM)]
    # A new thread, but no new process.
    lines += [_step(_EQUAL, _CLONE[column], 0, 4), _step(_LOAD, 16), _step(_ANY_BIT, _THREAD, 1, 0)]
    lines += [_step(_RETURN, _ERRNO | errno.EPERM), _step(_RETURN, _ALLOW)]
    # A signal to itself (abort), but to no other process.
    lines += [_step(_EQUAL, _TGKILL[column], 0, 4), _step(_LOAD, 16), _step(_EQUAL, os.getpid(), 1, 0)]
    return [*lines, _step(_RETURN, _ERRNO | errno.EPERM), _step(_RETURN, _ALLOW), _step(_RETURN, _ALLOW)]


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)
