"""Who may ask, told from the request line and headers alone, before any of its body is read.

A loopback address is no boundary by itself: any web page may send requests to it, and a name that points there (DNS
rebinding) makes them look like its own. So the Host must be ours to the letter, a request that changes something must
come from our own page or from no browser at all, and its body must be of a kind that no foreign form can send.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

CHANGING = frozenset(["POST", "PUT", "PATCH", "DELETE"])
_METHODS = CHANGING | {"GET", "HEAD"}
_BODIES = ("multipart/form-data", "application/json")
_FILES = frozenset(["/upload", "/api/jobs"])
SMALL = 256 * 1024
"""The largest body of a request that brings no file."""


@dataclass(frozen=True, slots=True)
class Refusal:
    status: str
    code: str
    message: str

    @property
    def number(self) -> int:
        return int(self.status.split()[0])


@dataclass(frozen=True, slots=True)
class Access:
    """``port`` we listen on; ``host`` we listen at; ``names`` more Hosts that are ours; ``token`` asked of everybody
    (empty: nobody, loopback only); ``upload`` the largest body with a file."""

    port: int
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    token: str = ""
    upload: int = 2 * 10**9

    def knows(self, host: str) -> bool:
        """Whether a Host header is one of ours, to the letter."""
        ours = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")} | set(self.names)
        if self.port == 80:
            ours |= {"127.0.0.1", "localhost", "[::1]"}
        if host in ours:
            return True
        # Listening elsewhere, it is also reached by an address; a name that was bent to point here stays out.
        name, _, port = host.rpartition(":")
        return not loopback(self.host) and port == str(self.port) and _is_address(name.strip("[]"))

    def refusal(self, method: str, uri: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why this request is not answered; None when it may go on. Names of ``headers`` are in lower case."""
        host = headers.get("host", "")
        if not uri.startswith("/") or uri.startswith("//"):
            return Refusal("400 Bad Request", "request", "Ask for a path of this page.")
        if not self.knows(host):
            return Refusal("421 Misdirected Request", "host", "This page answers only under its own address.")
        if method not in _METHODS:
            return Refusal("405 Method Not Allowed", "method", "This is not something that the page does.")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return Refusal("403 Forbidden", "origin", "Another site may not use this page.")
        if method in CHANGING:
            return self._changing(method, uri.partition("?")[0], host, headers)
        return None

    def _changing(self, method: str, path: str, host: str, headers: Mapping[str, str]) -> Refusal | None:
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return Refusal("403 Forbidden", "origin", "Another site may not use this page.")
        if origin is None and not is_script(headers):
            return Refusal("403 Forbidden", "origin", "A browser has to say where this comes from.")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method != "DELETE" and kind not in _BODIES:
            return Refusal("415 Unsupported Media Type", "type", "Send multipart/form-data or JSON.")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self.largest(path):
            return Refusal("413 Content Too Large", "large", self.too_large(path))
        return None

    def largest(self, path: str) -> int:
        """Bytes that a body to this path may have; a file comes with a little around it."""
        return self.upload + SMALL if path in _FILES else SMALL

    def too_large(self, path: str) -> str:
        return f"This is larger than {words(self.largest(path) - (SMALL if path in _FILES else 0))}."


def is_script(headers: Mapping[str, str]) -> bool:
    """Whether no browser can have sent this: it would say where from, and a page could not keep it from that."""
    return not any(name in headers for name in ("origin", "referer", "cookie", "sec-fetch-site", "sec-fetch-mode"))


def loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def words(size: int) -> str:
    """A size in bytes for people."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"
