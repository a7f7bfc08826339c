"""Efficiency against exposed face-frames as one SVG, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 90, 24, 48, 58
LETTER, LINE = 7.6, 18
"""Pixels that a letter of a name is wide, and a line of them high."""
DECADES = (0.0001, 0.001, 0.01, 0.1, 1.0)
FLOOR = 0.00005
"""Where no exposed face-frame at all is drawn."""
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}.name{fill:#24292f}.ours .name{font-weight:600;fill:#0a7d4f}"
    ".grid{stroke:#d0d7de}circle{fill:#8c959f}.ours circle{fill:#0a9d63}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.name{fill:#d1d7e0}.grid{stroke:#3d444d}"
    ".ours .name{fill:#4ad49b}}"
)


@dataclass(frozen=True, slots=True)
class Point:
    """``efficiency`` 0 to 1, ``exposed`` share of face-frames 0 to 1."""

    name: str
    efficiency: float
    exposed: float


def svg(points: Sequence[Point]) -> str:
    """The picture; fast and safe is the corner at the lower right."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Speed against exposed faces"><style>{_STYLE}</style>',
        f'<text class="name" x="{LEFT}" y="22">Faces left visible, against speed</text>',
        f'<text x="{LEFT}" y="{HEIGHT - 12}">speed: share of that of decoding and encoding alone →</text>',
        f'<text transform="translate(16 {(HEIGHT - BOTTOM + TOP) // 2}) rotate(-90)" text-anchor="middle">'
        "exposed face-frames</text>",
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _x(share)
        parts.append(f'<path class="grid" d="M{x:.0f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x:.0f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{share:g}</text>')
    for share in (FLOOR, *DECADES):
        y = _y(share)
        label = "none" if share == FLOOR else f"{100 * share:g} %"
        parts.append(f'<path class="grid" d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{label}</text>')
    taken: list[tuple[float, float, float]] = []
    parts += [_point(point, taken) for point in sorted(points, key=lambda point: -point.efficiency)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _point(point: Point, taken: list[tuple[float, float, float]]) -> str:
    """A dot and its name, over the names that are ``taken`` already (left, right, baseline)."""
    x, y = _x(point.efficiency), _y(point.exposed)
    width = LETTER * len(point.name)
    left = min(x - 8, WIDTH - RIGHT - width)
    line = y - 12
    while any(left < end and start < left + width and abs(line - base) < LINE for start, end, base in taken):
        line -= LINE
    taken.append((left, left + width, line))
    ours = ' class="ours"' if point.name.startswith("streamblur") else ""
    stem = f'<path class="grid" d="M{x:.0f} {y - 6:.0f}V{line + 4:.0f}"/>' if line < y - 14 else ""
    return (
        f'<g{ours}>{stem}<circle cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
        f'<text class="name" x="{left:.1f}" y="{line:.1f}">{escape(point.name)}</text></g>'
    )


def _x(efficiency: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, efficiency))


def _y(exposed: float) -> float:
    share = math.log10(max(FLOOR, exposed) / FLOOR) / math.log10(1 / FLOOR)
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
