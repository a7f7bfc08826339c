"""Reading outputs back, with PyAV alone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.fidelity.case import expect

Pictures = list[NDArray[np.uint8]]
_TURNS = {(1, 0, 0, 1): 1, (-1, 0, 0, 1): 2, (-1, 0, 0, -1): 3, (1, 0, 0, -1): 4}
_TURNS |= {(0, 1, 1, 0): 5, (0, 1, -1, 0): 6, (0, -1, -1, 0): 7, (0, -1, 1, 0): 8}


def shown(place: Path) -> Pictures:
    """Every picture in RGB as a player shows it: turned and flipped as the file says."""
    from streamblur.planes import turned

    with av.open(str(place)) as container:
        frames = list(container.decode(video=0))
        turn = _orientation(frames[0])
        return [np.ascontiguousarray(turned(f.to_ndarray(format="rgb24"), turn)) for f in frames]


def _orientation(frame: Any) -> int:
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            numbers = np.frombuffer(bytes(data), np.int32)
            a, b, c, d = (int(np.sign(numbers[n])) for n in (0, 1, 3, 4))
            return _TURNS.get((a, b, c, d), 1)
    return 1


def streams(place: Path) -> dict[str, int]:
    """How many tracks of each kind a file holds, chapters too."""
    with av.open(str(place)) as container:
        kinds = [s.type for s in container.streams]
        found = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        chapters = len(container.chapters())
    return found | ({"chapters": chapters} if chapters else {})


def count(place: Path, **options: str) -> int:
    """How many pictures there are; ``options`` go to the demuxer."""
    with av.open(str(place), options=options) as container:
        return sum(1 for _ in container.decode(video=0))


def side(place: Path) -> dict[str, bytes]:
    """The extra data on the first picture."""
    with av.open(str(place)) as container:
        sides: Any = next(container.decode(video=0)).side_data
        return {data.type.name: bytes(data) for data in sides}


def field_order(place: Path) -> set[str]:
    """How FFmpeg would show the fields: TOPFIRST, BOTTOMFIRST, PROGRESSIVE."""
    orders = set()
    for order in ("TOPFIRST", "BOTTOMFIRST", "PROGRESSIVE"):
        with av.open(str(place)) as container:
            graph = av.filter.Graph()
            source = graph.add_buffer(template=container.streams.video[0])
            choose = graph.add("select", f"eq(interlace_type\\,{order})")
            end = graph.add("buffersink")
            source.link_to(choose)
            choose.link_to(end)
            graph.configure()
            graph.push(next(container.decode(video=0)))
            try:
                graph.pull()
                orders.add(order)
            except (BlockingIOError, EOFError):
                pass
    return orders


def detail(picture: NDArray[np.uint8], box: tuple[int, int, int, int]) -> float:
    """Mean step from pixel to pixel inside a box: what blurring takes away."""
    left, top, right, bottom = box
    part = picture[top:bottom, left:right].astype(float).mean(axis=2)
    return float(np.abs(np.diff(part, axis=0)).mean() + np.abs(np.diff(part, axis=1)).mean())


def hidden(before: NDArray[np.uint8], after: NDArray[np.uint8], box: tuple[int, int, int, int]) -> bool:
    """Whether the inner half of the box has lost two thirds of its detail."""
    left, top, right, bottom = box
    dx, dy = (right - left) // 4, (bottom - top) // 4
    inner = left + dx, top + dy, right - dx, bottom - dy
    return detail(after, inner) < detail(before, inner) / 3


def near(before: Pictures, after: Pictures, most: float = 4) -> None:
    """Raises Failed unless both show the same, on average within ``most`` of 255."""
    expect(len(before) == len(after), f"{len(before)} pictures became {len(after)}")
    expect(before[0].shape == after[0].shape, f"{before[0].shape} became {after[0].shape}")
    worst = max(float(np.abs(a.astype(int) - b).mean()) for a, b in zip(before, after, strict=True))
    expect(worst < most, f"the picture differs by {worst:.1f} of 255 on average")


def same_times(before: list[Fraction], after: list[Fraction], within: Fraction = Fraction(1, 1000)) -> None:
    """Raises Failed unless there are as many frames, at the same times after the first one."""
    expect(len(before) == len(after), f"{len(before)} frames became {len(after)}")
    shift = after[0] - before[0]
    worst = max(abs(a - b - shift) for a, b in zip(after, before, strict=True))
    expect(worst <= within, f"frames moved by up to {float(worst) * 1000:.1f} ms")


def colour_place(place: Path) -> str:
    """Where FFmpeg says that the colour samples lie: PyAV shows it in FFmpeg's messages only."""
    av.logging.set_level(av.logging.INFO)
    try:
        with av.open(str(place)) as container, av.logging.Capture() as said:  # type: ignore[attr-defined, unused-ignore]
            graph = av.filter.Graph()
            graph.link_nodes(
                graph.add_buffer(template=container.streams.video[0]), graph.add("showinfo"), graph.add("buffersink")
            ).configure()
            graph.push(next(container.decode(video=0)))
            graph.pull()
    finally:
        av.logging.set_level(None)
    return next(text.split("cl:")[1].split()[0] for _, _, text in said if "cl:" in text)
