"""What a server needs around it: a port that is free, signals that are heard, things that are closed."""

from __future__ import annotations

import errno
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamblur.errors import SettingsError
from streamblur.web.office import Office

PORTS = 20
"""Ports that are tried, from the one asked for on."""


def bound(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next one that is free. Raises SettingsError when there is none."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in range(port, port + PORTS) if port else [0]:
        trying = socket.socket(kind, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere it would let another program share the port
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((host, number))
            trying.listen(128)
            return trying
        except OverflowError:
            trying.close()
            break
        except OSError as error:
            trying.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise SettingsError(f"cannot listen on {host}: {error.strerror}. Choose another --host.") from error
    raise SettingsError(f"no port from {port} on is free: choose another with --port.")


@contextmanager
def ending(office: Office) -> Iterator[None]:
    """The signals that end the server first tell the office, so that no stream of events holds it up."""

    def told(number: int, frame: Any) -> None:
        office.closing.set()
        handler = before[number]
        if callable(handler):
            handler(number, frame)
        raise KeyboardInterrupt

    here = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers if here}
    before = {number: was for number, was in before.items() if was not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, told)
    try:
        yield
    finally:
        office.closing.set()
        for number, was in before.items():
            signal.signal(number, was)


@contextmanager
def spools(folder: str) -> Iterator[None]:
    """Temporary files of this process (bodies that waitress has not handed on) lie in this folder."""
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = before
