"""Whose job is whose: a random name for each client, which nobody else can guess or make up."""

from __future__ import annotations

import hashlib
import hmac
import secrets


class Sessions:
    """Signs names with a secret that lives as long as the server, so that nothing has to be stored."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def issue(self) -> str:
        """A new session: 192 random bits and their signature."""
        name = secrets.token_urlsafe(24)
        return f"{name}.{self._sign('session', name)}"

    def owner(self, session: str | None) -> str | None:
        """The owner that a session stands for; None when we did not issue it."""
        name, _, signature = (session or "").partition(".")
        if not name.isascii() or not hmac.compare_digest(signature.encode(), self._sign("session", name).encode()):
            return None
        return hashlib.sha256(name.encode()).hexdigest()

    def csrf(self, session: str) -> str:
        """What the page has to send along to show that it is the page."""
        return self._sign("page", session)

    def is_page(self, session: str, said: str | None) -> bool:
        return hmac.compare_digest(self.csrf(session).encode(), (said or "").encode())

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
