"""At the socket, before waitress has read a body: headers that are refused cost nothing, and nobody may dawdle."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from streamblur.web.access import Access, Refusal
from streamblur.web.guard import HEADERS

HEADER_TIME = 10.0
"""Seconds that a request line and its headers may take."""
GRACE, LEAST_PACE = 20.0, 16 * 1024
"""A body may take this many seconds, and another for each so many bytes."""


class _Answer:
    """An error in the form that waitress sends."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self.code = refusal.number

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        body = json.dumps({"error": {"code": self._refusal.code, "message": self._refusal.message}}).encode()
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *HEADERS.items()]
        if self.code == 429:
            headers.append(("Retry-After", "2"))
        return self._refusal.status, headers, body


_SLOW = Refusal("408 Request Timeout", "slow", "That took too long.")
_BUSY = Refusal("429 Too Many Requests", "busy", "Too many files are waiting: try again in a moment.")


class Doorman(HTTPRequestParser):  # type: ignore[misc]
    """One request, watched while it arrives; ``access`` and ``crowded`` are what ``channel`` was given."""

    access: Access
    crowded: Callable[[], bool]
    error: Any
    completed: bool

    def __init__(self, adjustments: Any) -> None:
        super().__init__(adjustments)
        self._born = time.monotonic()
        self._asked = False

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        refusal = self._slow()
        if self.error is not None and not isinstance(self.error, _Answer):
            self.error = _Answer(self._plainly(self.error))
        elif self.headers_finished and not self._asked and not self.empty:
            self._asked = True
            refusal = self._refused()
        elif self.body_bytes_received > self.access.largest(self.path if self.headers_finished else ""):
            refusal = _too_large(self.access.too_large(self.path))
        if refusal is not None and self.error is None:
            self.error, self.completed = _Answer(refusal), True
        return consumed

    def _refused(self) -> Refusal | None:
        headers = {name.lower().replace("_", "-"): value for name, value in self.headers.items()}
        refusal = self.access.refusal(self.command, self.request_uri, headers)
        files = self.command == "POST" and self.path in ("/api/jobs", "/upload")
        return _BUSY if refusal is None and files and self.crowded() else refusal

    def _plainly(self, error: Any) -> Refusal:
        """What waitress itself refuses, in our words."""
        code = int(getattr(error, "code", 400))
        if code == 413:
            return _too_large(self.access.too_large(self.path if self.headers_finished else ""))
        if code == 431:
            return Refusal("431 Request Header Fields Too Large", "headers", "The headers are too long.")
        return Refusal(
            "501 Not Implemented" if code == 501 else "400 Bad Request", "request", "This is no proper request."
        )

    def _slow(self) -> Refusal | None:
        if self.completed:
            return None
        allowed = GRACE + self.body_bytes_received / LEAST_PACE if self.headers_finished else HEADER_TIME
        return _SLOW if time.monotonic() - self._born > allowed else None


def channel(access: Access, crowded: Callable[[], bool]) -> type[HTTPChannel]:
    """A kind of connection for waitress's server that asks ``access`` first, and ``crowded`` before it takes a file."""
    doorman = type("OurDoorman", (Doorman,), {"access": access, "crowded": staticmethod(crowded)})
    return type("Door", (HTTPChannel,), {"parser_class": doorman})


def _too_large(message: str) -> Refusal:
    return Refusal("413 Content Too Large", "large", message)
