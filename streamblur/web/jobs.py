"""A job: one file of one client, what is to be done with it, and how far it is."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from streamblur.settings import Settings
from streamblur.web import names
from streamblur.web.asked import LEFT_OUT
from streamblur.web.kinds import Kind
from streamblur.web.workers import Worker

OPEN = ("queued", "running")
_MOST = 300
"""Faces told of."""
_ADVICE = {
    "cancelled": "It was cancelled.",
    "time": "It took longer than allowed: try a shorter recording, or give the page more time.",
    "silence": "It stood still and was stopped: the file may be damaged. Copy or convert it, and try again.",
    "memory": "It needs more memory than allowed: try a smaller picture.",
    "died": "The process that read it died: the file may be damaged. Copy or convert it, and try again.",
    "bug": "Something went wrong that should not have. Please report it; the file was not kept.",
    "closing": "The page was closed.",
    "idle": "It was not used for a while.",
}
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][^\s/\\:'\",]+)+[/\\]?")


@dataclass(slots=True)
class Problem:
    """What went wrong: a code that the page can translate, and a sentence without any path."""

    code: str
    message: str

    @staticmethod
    def of(code: str) -> Problem:
        return Problem(code, _ADVICE.get(code, _ADVICE["bug"]))


@dataclass(slots=True)
class Job:
    """``state`` is queued, running, done or failed; times are ``time.monotonic``; ``version`` grows; ``wrote`` counts
    how often a review replaced the result of a ``run``; ``following`` is the share of drawn boxes that are followed."""

    owner: str
    folder: Path
    name: str
    kind: Kind
    settings: Settings
    work: str = "file"
    edits: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    state: str = "queued"
    version: int = 0
    order: int = 0
    run: int = 1
    wrote: int = 0
    bytes: int = 0
    created: float = field(default_factory=time.monotonic)
    started: float = 0.0
    ended: float = 0.0
    frames: int = 0
    total: int | None = None
    faces_now: int = 0
    pace: tuple[float, int] = (0.0, 0)
    following: float | None = None
    problem: Problem | None = None
    summary: dict[str, Any] | None = None
    faces: list[dict[str, Any]] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    worker: Worker | None = None

    @property
    def input(self) -> Path:
        return self.folder / f"{'photo' if self.kind.photo else 'recording'}{self.kind.suffix}"

    @property
    def saved_as(self) -> str:
        """The name under which the result is saved."""
        return names.blurred(self.name, self.kind.output)

    @property
    def faces_file(self) -> Path:
        """Of a recording: who is where."""
        return self.folder / names.FACES

    @property
    def output(self) -> Path:
        return self.folder / f"result-{self.run}{self.kind.output}"

    def hears(self, message: dict[str, Any]) -> None:
        """Take in what the child says; it may be lies, so only numbers and short texts are kept."""
        if "frames" in message:
            self._moves(message)
        if "following" in message:
            followed, total = map(int, message["following"])
            self.following = min(1.0, max(0.0, followed / max(1, total)))
        if isinstance(done := message.get("done"), dict):
            self.summary = _summary(done)
            self.faces = [face for each in _list(message.get("faces"))[:_MOST] if (face := _face(each))]
            self.size = [int(n) for n in _list(message.get("size"))[:2]]
            if not self.kind.photo:  # boxes are followed by now; who is left visible is known by a number
                self.edits = {"keep": kept} if (kept := [int(n) for n in _list(message.get("kept"))[:_MOST]]) else {}
        if "error" in message:
            self.problem = self.problem_in(message)

    def problem_in(self, message: dict[str, Any]) -> Problem:
        """What went wrong, as the child says."""
        kind, text = str(message.get("kind")), str(message["error"])
        known = kind.endswith("Error") and bool(text)
        return Problem(_code(kind), self._without_paths(text)) if known else Problem.of(kind)

    def _moves(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        self.frames, self.faces_now = int(message["frames"]), int(message.get("faces") or 0)
        self.following, total = None, message.get("total")
        self.total = int(total) if total else None
        if not self.pace[0]:
            self.pace = (now, self.frames)

    def _without_paths(self, text: str) -> str:
        text = (
            text.replace(str(self.folder), "")
            .replace(self.input.name, self.name)
            .replace(self.output.name, "the result")
        )
        return without_paths(text)[:400]

    def speed(self) -> float:
        """Frames a second since the first one; 0 when not known yet."""
        since = time.monotonic() - self.pace[0]
        return (self.frames - self.pace[1]) / since if self.pace[0] and since > 0.3 else 0.0

    def told(self) -> dict[str, Any]:
        """What its owner may know of it, as JSON."""
        about: dict[str, Any] = {"id": self.id, "name": self.name, "kind": "photo" if self.kind.photo else "video"}
        settings = {name: value for name, value in asdict(self.settings).items() if name not in LEFT_OUT}
        about |= {"state": self.state, "run": self.run, "wrote": self.wrote, "settings": settings, "edits": self.edits}
        if self.state == "running":
            fps = self.speed()
            left = (self.total - self.frames) / fps if self.total and fps > 0 else None
            about["progress"] = {"frames": self.frames, "total": self.total, "faces": self.faces_now}
            about["progress"] |= {"fps": round(fps, 1), "left": None if left is None else round(max(0.0, left), 1)}
            about["progress"]["following"] = None if self.following is None else round(self.following, 3)
        if self.state == "done":
            about["report"] = f"/api/jobs/{self.id}/report"
            about |= {"summary": self.summary, "faces": self.faces, "size": self.size, "type": self.kind.mime}
        if self.problem is not None:
            about["error"] = asdict(self.problem)
        return about


def without_paths(text: str) -> str:
    """The sentence with every path left out."""
    return _PATH.sub("…", text)


def _code(kind: str) -> str:
    words = {"InputError": "unreadable", "OutputError": "unwritable", "SettingsError": "settings"}
    return words.get(kind, "missing")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _summary(done: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: int(done.get(name) or 0) for name in ("frames", "tracks", "covered")}
    notes = [without_paths(str(note))[:300] for note in _list(done.get("notes"))[:20]]
    return {
        **numbers,
        "seconds": round(float(done.get("seconds") or 0), 2),
        "notes": notes,
        "still": bool(done.get("still")),
    }


def _face(said: Any) -> dict[str, Any] | None:
    """A face as the page gets it, or None when it makes no sense."""
    try:
        numbers = {name: float(said.get(name) or 0) for name in ("time", "first", "score", "frames")}
        return {"id": int(said["id"]), "box": [float(n) for n in said["box"][:4]], **numbers}
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
