"""The page itself, what it needs to know to begin, and signing in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request, send_from_directory

from streamblur import __version__, models, rooms
from streamblur.settings import Settings
from streamblur.web import asked
from streamblur.web.guard import Guard, problem
from streamblur.web.limits import Limits

pages = Blueprint("pages", __name__)
ASSETS = Path(__file__).parent / "assets"
OPENAPI = Path(__file__).parent / "openapi.json"


@pages.get("/")
def index() -> Response:
    """The page, or the door to it where a token is asked for."""
    return send_from_directory(ASSETS, "index.html" if g.owner else "login.html")


@pages.get("/review")
def review() -> Response:
    """The page on which somebody goes over the faces of one recording."""
    return send_from_directory(ASSETS, "review.html" if g.owner else "login.html")


@pages.get("/assets/<path:name>")
def asset(name: str) -> Response:
    """Style, script, words, picture."""
    return send_from_directory(ASSETS, name)


@pages.get("/api/openapi.json")
def openapi() -> Response:
    """What can be asked, for programs."""
    return jsonify(json.loads(OPENAPI.read_text(encoding="utf-8")))


@pages.get("/api/session")
def session() -> Response:
    """What the page needs to know: its token, limits, choices and defaults."""
    guard: Guard = current_app.config["GUARD"]
    limits: Limits = current_app.config["OFFICE"].limits
    allowed = {"photo": limits.photo, "upload": limits.upload, "expiry": limits.expiry}
    defaults = {name: value for name, value in asdict(Settings()).items() if name not in asked.LEFT_OUT}
    choices = {"style": asked.styles(), "detector": _detectors()}
    return jsonify(csrf=guard.csrf(), limits=allowed, choices=choices, defaults=defaults, version=__version__)


def _detectors() -> list[str]:
    """Those whose models are here."""
    there = {weights.name for weights in models.KNOWN.values() if models.place(weights) is not None}
    return [name for name in rooms.choices("detectors") if name in ("auto", "mediapipe") or name in there]


@pages.post("/login")
def login() -> Response:
    """Sign in with the token that the server was started with."""
    guard: Guard = current_app.config["GUARD"]
    said: dict[str, Any] = asked.read(request.get_data(as_text=True))
    if not guard.sign_in(said.get("token", "")):
        return problem(403, "token", "This is not the token.")
    return jsonify(ok=True)
