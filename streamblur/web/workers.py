"""The server's side of a child process: starting it, hearing it, and ending it with all that it started."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from streamblur.web import child

Target = Callable[[Connection, child.Order], None]
_LONGEST = 1 << 20
"""Bytes of one message."""
_FRAME = 8 << 20
"""Bytes of one picture of a camera."""
_LEAVING = 10.0
"""Seconds that a child which has hung up may take to end, on however loaded a machine."""
_CODES = threading.Lock()
"""Held where exit codes may be read, which can be done once: ``Process.start`` reads those of all the others, too, and
who loses the race is told 255."""


def context(warm: tuple[str, ...] = ("streamblur.web._warm",)) -> BaseContext:
    """How children start. On Linux they are forked off a process that has imported everything and read nothing."""
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(list(warm))
    return forking


class Worker:
    """One child and the line to it. ``limit`` is the time in seconds when it is given up (``time.monotonic``)."""

    def __init__(self, how: BaseContext, order: child.Order, limit: float, target: Target = child.main) -> None:
        self._pipe, theirs = how.Pipe()
        self._process: Any = how.Process(target=target, args=(theirs, order), daemon=True)  # type: ignore[attr-defined]
        with _CODES:
            self._process.start()
        theirs.close()
        self.pid = int(self._process.pid)
        self._lock, self._over = threading.Lock(), False
        self.limit = limit
        self.heard_at = time.monotonic()
        self.reason = ""

    def say(self, **message: Any) -> None:
        """Send a request. Raises OSError when the child is gone."""
        self._pipe.send_bytes(json.dumps(message).encode())

    def heard(self) -> child.Message | None:
        """The next message, waited for; None when the child is gone or talks nonsense."""
        try:
            message = json.loads(self._pipe.recv_bytes(_LONGEST))
        except EOFError:
            return None
        except (OSError, ValueError):
            message = None
        if not isinstance(message, dict):
            self.kill("died")
            return None
        self.heard_at = time.monotonic()
        return message

    def piece(self) -> bytes | None:
        """The next message as bytes, up to ``_FRAME`` long; None when the child is gone."""
        try:
            piece = self._pipe.recv_bytes(_FRAME)
        except (EOFError, OSError):
            return None
        self.heard_at = time.monotonic()
        return piece

    def messages(self) -> Iterator[child.Message]:
        """All it says until it ends."""
        while (message := self.heard()) is not None:
            yield message

    def memory(self) -> int:
        """Bytes of real memory that it holds; 0 when unknown."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            resident = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
            return resident * os.sysconf("SC_PAGE_SIZE")
        return 0

    def kill(self, reason: str = "") -> None:
        """End it at once. The first reason given counts. May be called from any thread, and again."""
        with self._lock:
            if self._over:  # its number may be somebody else's by now
                return
            self.reason = self.reason or reason
            if hasattr(os, "killpg"):
                with contextlib.suppress(OSError):
                    if os.getpgid(self.pid) == self.pid:  # it has its own group by now
                        os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()

    def _ended(self, seconds: float) -> None:
        """Give it a moment to end by itself."""
        with contextlib.suppress(ValueError, OSError):  # closed meanwhile
            wait([self._process.sentinel], seconds)

    def close(self) -> int | None:
        """Kill what is left and wait for it; the exit code, minus a signal (None: unknown, or closed before)."""
        self._ended(_LEAVING)
        self.kill()
        with self._lock:
            if self._over:
                return None
            self._over = True
            wait([self._process.sentinel])
            with _CODES:
                self._process.join()
                code: int | None = self._process.exitcode
                self._process.close()
        self._pipe.close()
        return code
