"""What stands before every route: whose request it is, whether it may be asked, and the headers of every answer."""

from __future__ import annotations

import hmac
import logging
import math
import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from streamblur.errors import StreamblurError
from streamblur.web.access import CHANGING, Access, is_script
from streamblur.web.rates import Rate
from streamblur.web.sessions import Sessions

_LOG = logging.getLogger(__name__)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
REPORT_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""Of a page that a child wrote: no script, and an origin of its own."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
}
BEGINNINGS = ("/", "/review")
"""Pages: where a browser begins."""
OPEN_PATHS = (*BEGINNINGS, "/login", "/assets/")
"""Answered also to those who have not given the token."""
_FIRST = frozenset(["/upload", "/api/jobs", "/login"])
"""Where a script may begin without a session."""
_ANSWERS = {
    400: "This request makes no sense.",
    404: "There is nothing here, or it is no longer kept.",
    405: "This is not something that the page does.",
    413: "This is too large.",
    415: "Send multipart/form-data or JSON.",
}


def problem(status: int, code: str, message: str, after: float = 0.0) -> Response:
    """An error as JSON: a code for programs, a sentence for people."""
    answer = jsonify(error={"code": code, "message": message})
    answer.status_code = status
    if after:
        answer.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return answer


class Guard:
    """Puts itself before and after every request of ``app``."""

    def __init__(self, app: Flask, access: Access, sessions: Sessions) -> None:
        self._access, self._sessions = access, sessions
        self.cookie = f"streamblur_{access.port}"
        self._changes, self._logins, self._reads = Rate(150, 20), Rate(5, 0.1), Rate(400, 50)
        app.before_request(self._ask)
        app.after_request(self._leave)
        app.register_error_handler(Exception, self._fault)

    def _ask(self) -> Response | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        uri = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.path
        refusal = self._access.refusal(request.method, uri, headers)
        if refusal is not None:
            return problem(refusal.number, refusal.code, refusal.message)
        found = self._whose(headers)
        return found if found is not None else self._paced()

    def _whose(self, headers: dict[str, str]) -> Response | None:
        """Find the session; refuse those who may not have one."""
        kept = request.cookies.get(self.cookie)
        bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
        script = bearer and "cookie" not in headers
        session = bearer if script else kept
        g.owner, g.session, g.script = self._sessions.owner(session), session, bool(script)
        token = self._access.token
        if token and script and g.owner is None and hmac.compare_digest(bearer.encode(), token.encode()):
            g.session = self._sessions.issue()
            g.owner = self._sessions.owner(g.session)
        free = request.path in OPEN_PATHS or request.path.startswith("/assets/")
        if g.owner is None and token and not free:
            return problem(401, "token", "Sign in with the token that the page was started with.")
        if g.owner is None and not token and self._begins(headers):
            g.session = self._sessions.issue()
            g.owner = self._sessions.owner(g.session)
        if g.owner is None and not free:
            return problem(401, "session", "This page is out of date: load it again.")
        if request.method in CHANGING and not g.script and not self._is_page(headers):
            return problem(403, "csrf", "This did not come from the page itself: load it again.")
        return None

    def _begins(self, headers: dict[str, str]) -> bool:
        """Whether this request opens a session: the page itself, or a script's first."""
        g.script = g.script or (is_script(headers) and request.path in _FIRST and request.method == "POST")
        return g.script if request.method in CHANGING else request.path in BEGINNINGS

    def _is_page(self, headers: dict[str, str]) -> bool:
        if request.path == "/login" and g.owner is None:
            return "origin" in headers or is_script(headers)
        return g.owner is not None and self._sessions.is_page(g.session, headers.get("x-csrf-token"))

    def _paced(self) -> Response | None:
        rate = self._reads
        if request.method in CHANGING:
            rate = self._logins if request.path == "/login" else self._changes
        who = g.session if g.session and not g.script else request.remote_addr or ""
        wait = rate.wait(f"{request.remote_addr}" if request.path == "/login" else who)
        return problem(429, "pace", "That was too often: wait a moment.", wait) if wait else None

    def _leave(self, answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers[name] = value
        answer.headers["Content-Security-Policy"] = g.get("policy", POLICY)
        own = request.path.startswith("/assets/") and answer.status_code in (200, 304)
        answer.headers["Cache-Control"] = "no-cache" if own else "no-store"
        begins = g.get("owner") and request.path in (*BEGINNINGS, "/login") and not g.get("script")
        if begins and g.session != request.cookies.get(self.cookie):
            answer.set_cookie(self.cookie, g.session, httponly=True, samesite="Strict", path="/")
        return answer

    def _fault(self, error: Exception) -> Response:
        """Nothing of an error reaches the client but a sentence."""
        if isinstance(error, HTTPException):
            code = error.code or 500
            return problem(code, "http", _ANSWERS.get(code, "This did not work."))
        if isinstance(error, StreamblurError):
            return problem(400, "settings", str(error))
        _LOG.error("request failed", exc_info=error)
        return problem(500, "bug", "Something went wrong that should not have.")

    def sign_in(self, said: Any) -> bool:
        """Whether this is the token; then the request has a session."""
        good = bool(self._access.token) and hmac.compare_digest(str(said).encode(), self._access.token.encode())
        if good:
            g.session = self._sessions.issue()
            g.owner, g.script = self._sessions.owner(g.session), False
        else:
            time.sleep(0.3)
        return good

    def csrf(self) -> str:
        """What this session's page has to send along."""
        return self._sessions.csrf(g.session)
