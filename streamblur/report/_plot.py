"""The timeline of a run as one drawing: faces over time, and under it what was looked at, guessed, cut or hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from streamblur.faces import Faces
from streamblur.findings import Finding
from streamblur.report._language import Language
from streamblur.report._tracks import runs, unseen

WIDTH, TOP, LANE = 960, 110, 16
COLUMNS = 480
"""Steps of the curve; an hour is drawn as small as a minute."""
MARKS = 600
"""Marks in a lane at most; more would be one line."""


def timeline(faces: Faces, findings: Sequence[Finding], say: Language) -> str:
    """Inline SVG, coloured by the classes of the page."""
    length = max(faces.seconds(len(faces.times) - 1), 1e-3)
    lanes = _lanes(faces, findings)
    height = TOP + 18 + LANE * len(lanes)
    body = [_name(say("faces"), TOP // 2), _curve(faces, length), _axis(length)]
    for number, (name, kind, marks) in enumerate(lanes):
        y = TOP + 22 + LANE * number
        body.append(_name(say(name), y + 8))
        body += [_mark(start, end, y, length, kind) for start, end in _few(marks)]
    words = say("Faces over {length} seconds, with looks, predictions, cuts and curtains", length=f"{length:.0f}")
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}">{"".join(body)}</svg>'


LEFT, RIGHT = 96, 24
"""Pixels for the names of the lanes, and for half of the last time."""


def _lanes(faces: Faces, findings: Sequence[Finding]) -> list[tuple[str, str, list[tuple[float, float]]]]:
    """Name, class and stretches in seconds; only what there is."""
    predicted = [stretch for track in faces.tracks for stretch in unseen(faces, track)]
    found = [
        ("looks", "look", [(faces.seconds(n), faces.seconds(n)) for n in faces.looked.tolist()]),
        ("predicted only", "predicted", predicted),
        ("cuts", "cut", [(faces.seconds(n), faces.seconds(n)) for n in faces.cuts.tolist()]),
        ("all hidden", "curtain", runs(faces, faces.curtain)),
        ("face left", "left", [(finding.start, finding.end) for finding in findings]),
    ]
    return [(name, kind, marks) for name, kind, marks in found if marks]


def _name(text: str, y: int) -> str:
    return f'<text x="0" y="{y}" class="label">{escape(text)}</text>'


def _few(marks: list[tuple[float, float]]) -> list[tuple[float, float]]:
    step = -(-len(marks) // MARKS) or 1
    return [(min(a for a, _ in part), max(b for _, b in part)) for part in _parts(marks, step)]


def _parts(marks: list[tuple[float, float]], step: int) -> Iterable[list[tuple[float, float]]]:
    return (marks[n : n + step] for n in range(0, len(marks), step))


def _x(seconds: float, length: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, seconds / length))


def _mark(start: float, end: float, y: int, length: float, kind: str) -> str:
    left, right = _x(start, length), _x(end, length)
    return f'<rect x="{left:.1f}" y="{y}" width="{max(1.2, right - left):.1f}" height="9" class="{kind}"/>'


def _curve(faces: Faces, length: float) -> str:
    """Faces covered at the same time, the most in each step."""
    most = _most(faces, length)
    top = max(1, int(most.max()))
    step = length / max(1, len(most) - 1)
    points = [(_x(n * step, length), TOP - 4 - (TOP - 20) * m / top) for n, m in enumerate(most.tolist())]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"{LEFT},{TOP - 4} {line} {_x(length, length):.1f},{TOP - 4}"
    scale = f'<text x="{LEFT - 8}" y="20" class="label end">{top}</text>'
    return f'{scale}<polygon points="{area}" class="area"/><polyline points="{line}" class="line"/>'


def _most(faces: Faces, length: float) -> NDArray[np.int64]:
    counts = np.zeros(len(faces.times), np.int64)
    for track in faces.tracks:
        counts[track.frames[np.diff(track.frames, prepend=-1) != 0]] += 1
    seconds = (faces.times - faces.times[0]) * float(faces.time_base)
    bins = np.minimum((seconds / length * COLUMNS).astype(np.int64), COLUMNS - 1)
    most = np.full(COLUMNS, -1, np.int64)
    np.maximum.at(most, bins, counts)
    kept = most[most >= 0]
    return kept if len(kept) else np.zeros(1, np.int64)


def _axis(length: float) -> str:
    """A line and at most nine times under it."""
    step = next((s for s in (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800) if length / s <= 8), 3600)
    ticks = [n * step for n in range(int(length / step) + 1)]
    marks = "".join(
        f'<text x="{_x(t, length):.1f}" y="{TOP + 12}" class="label middle">{code(t, int(step < 1))}</text>'
        for t in ticks
    )
    return f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{TOP - 4}" y2="{TOP - 4}" class="axis"/>{marks}'


def code(seconds: float, digits: int = 1) -> str:
    """A time as players show it, with so many decimals: 1:23.4, or 1:02:03.4."""
    unit = 10**digits
    minutes, rest = divmod(round(seconds * unit), 60 * unit)
    hours, minutes = divmod(minutes, 60)
    clock = f"{rest // unit:02d}" + (f".{rest % unit:0{digits}d}" if digits else "")
    return f"{hours}:{minutes:02d}:{clock}" if hours else f"{minutes}:{clock}"
