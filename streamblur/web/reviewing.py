"""The child of a review: it finds the faces, shows frames, follows what is drawn, and keeps the edits in its folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from streamblur import compose
from streamblur.errors import StreamblurError
from streamblur.faces import Faces, Numbers, file
from streamblur.review import Lane, Review, Spot
from streamblur.settings import Settings
from streamblur.values import Box, Summary
from streamblur.web.child import Line, Message, Order
from streamblur.web.names import FACES
from streamblur.web.recording import sized
from streamblur.web.reporting import Witness
from streamblur.web.seen import pixels, shares

SHOWN = 200
"""Faces told of with one frame; more would be hard to tell apart."""


def serve(line: Line, order: Order) -> None:
    """Answer requests until hung up: a message, then one piece of bytes; or a message with ``error``.

    While a drawn box is followed, ``following`` is told: frames done, of how many at most; ``stop`` ends that.
    ``frame``: where its faces are, and the JPEG. ``edit`` or nothing: the track that came of it, and everything that
    the page shows of the tracks, as gzip of JSON. The page counts frames from 0; boxes are shares of the picture.
    """
    session = Review.open(Path(order["source"]), Path(FACES), Settings(**order["settings"]), line.progress)
    line.say(ready=True)
    while (asked := line.heard()) is not None:
        if "stop" in asked:
            continue  # it came too late
        try:
            said, piece = _frame(session, asked) if "frame" in asked else _edited(line, session, asked.get("edit"))
        except StreamblurError as error:
            line.say(error=str(error)[:1000], kind=type(error).__name__)
        else:
            line.say(**said)
            line.send(piece)


def render(line: Line, order: Order) -> tuple[Summary, Faces]:
    """Write the recording as its faces file says; its report, too, when there are ``names`` for it."""
    settings, faces = Settings(**order["settings"]), file.read(Path(FACES))
    source, output = Path(order["source"]), Path(order["output"])
    if "names" not in order:
        return compose.run(settings, source, output, line.progress, faces=faces), faces
    witness = Witness(settings, source)
    summary = compose.run(settings, source, output, line.progress, witness, faces)
    witness.write(output, summary, order["names"])
    return summary, faces


def _frame(session: Review, asked: Message) -> tuple[Message, bytes]:
    """One frame and the faces on it."""
    faces, number = session.now, min(int(asked["frame"]), len(session.now.times) - 1)
    jpeg = session.jpeg(int(faces.times[number]), int(asked["longest"]), bool(asked["original"]))
    size = sized(faces)
    found = [[cover.track, *shares(cover.box, *size), int(cover.seen)] for cover in faces.covers(number)[:SHOWN]]
    return {"faces": found, "frame": number}, jpeg


def _edited(line: Line, session: Review, edit: Message | None) -> tuple[Message, bytes]:
    """Do what is asked; everything as it stands then."""
    if edit is not None and edit["do"] == "draw":
        track: int | bool | None = _drawn(line, session, edit)
    else:
        track = None if edit is None else _DO[edit["do"]](session, edit)
    told = json.dumps(overview(session), separators=(",", ":")).encode()
    return {"track": track if type(track) is int else None}, gzip.compress(told, 3)


class StoppedError(StreamblurError):
    """Following a box was not wanted any more."""


def _drawn(line: Line, session: Review, said: Message) -> int:
    def report(done: int, total: int) -> None:
        line.follows(done, total)
        if line.waiting():
            line.heard()
            raise StoppedError("Following the box was stopped; nothing was added.")

    return session.draw(_when(session, said), _where(session, said), report)


def _when(session: Review, said: Message, name: str = "frame") -> int:
    """The time stamp of a frame that the page names."""
    times = session.now.times
    return int(times[min(int(said[name]), len(times) - 1)])


def _where(session: Review, said: Message) -> Box:
    return pixels(said["box"], *sized(session.now))


_DO: dict[str, Callable[[Review, Message], int | bool | None]] = {
    "keep": lambda session, said: session.keep(said["track"]),
    "cover": lambda session, said: session.cover(said["track"]),
    "split": lambda session, said: session.split(said["track"], _when(session, said)),
    "join": lambda session, said: session.join(said["track"], said["other"]),
    "stretch": lambda session, said: session.stretch(said["track"], _when(session, said)),
    "box": lambda session, said: session.box(
        _where(session, said), _when(session, said, "start"), _when(session, said, "end")
    ),
    "undo": lambda session, said: session.undo(),
    "redo": lambda session, said: session.redo(),
}


def overview(session: Review) -> dict[str, Any]:
    """Everything but pictures: ``times`` as runs [first tick, step, count], ``tick`` in seconds, lanes and spots."""
    faces = session.now
    return {
        "size": sized(faces),
        "frames": len(faces.times),
        "tick": float(faces.time_base),
        "times": _runs(faces.times),
        "lanes": [_lane(faces, lane) for lane in session.lanes()],
        "spots": [_spot(faces, spot) for spot in session.spots()],
        "cuts": faces.cuts.tolist(),
        "curtain": _spans(faces.curtain),
        "edits": len(session.faces.edits),
        "undone": session.undone,
        "last": str(session.faces.edits[-1]["do"]) if session.faces.edits else "",
    }


def _lane(faces: Faces, lane: Lane) -> dict[str, Any]:
    def frames(spans: tuple[tuple[int, int], ...]) -> list[list[int]]:
        found: list[list[int]] = np.searchsorted(faces.times, np.array(spans, np.int64).reshape(-1, 2)).tolist()
        return found

    sights = np.searchsorted(faces.times, np.array(lane.sights, np.int64))
    about = {"id": lane.track, "kept": lane.kept, "added": lane.added, "sights": _runs(sights)}
    return about | {"spans": frames(lane.spans), "visible": frames(lane.visible)}


def _spot(faces: Faces, spot: Spot) -> dict[str, Any]:
    times = (faces.times - faces.times[0]) * float(faces.time_base)
    edges = np.searchsorted(times, [spot.time - 1e-6, spot.end - 1e-6])
    first, last = np.minimum(edges, len(times) - 1).tolist()
    return {"first": first, "last": last, "risk": round(spot.risk, 3), "why": spot.why, "track": spot.track}


def _runs(ascending: Numbers) -> list[list[int]]:
    """Numbers as runs of equal steps: first, step (0 for a single one), count."""
    found: list[list[int]] = []
    values, start = ascending, 0
    breaks = [*(np.flatnonzero(np.diff(values, 2)) + 2).tolist(), len(values)] if len(values) else []
    for stop in breaks:
        if stop > start:
            step = int(values[start + 1] - values[start]) if stop - start > 1 else 0
            found.append([int(values[start]), step, stop - start])
            start = stop
    return found


def _spans(frames: Numbers) -> list[list[int]]:
    """First and last of frames that follow one another."""
    parts = np.split(frames, np.flatnonzero(np.diff(frames) != 1) + 1)
    return [[int(part[0]), int(part[-1])] for part in parts if len(part)]
