"""Writing over faces: the last stage, the only one that changes pixels and that declares a frame safe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from streamblur.engine.chapters import chapter
from streamblur.geometry import grown, stored
from streamblur.layouts import Layout
from streamblur.overlays import Overlay
from streamblur.planes import Component, components, writable
from streamblur.ports import Obscurer, Patch
from streamblur.timing import stage
from streamblur.values import Box, Cover, Decided, Frame, SafeFrame

FEATHER = 0.1
"""Width of the soft edge of an ellipse, outside the area at full strength, as a share of its size."""
FRAME = 2
"""Width in pixels of the green frame."""
GREEN = {"y": 173, "u": 42, "v": 26, "r": 0, "g": 255, "b": 0}
"""(0, 255, 0) in 8 bit; luma and colour differences for BT.709, limited range."""


@dataclass(frozen=True, slots=True)
class Obscuring:
    """How faces are hidden: ``make`` gives a new obscurer for one component of one face; ``margin``
    is added on each side as a share of the face's size; ``picture`` is laid over what is hidden; ``mark`` into a corner
    of every frame, ``mark_share`` of its shorter side high."""

    make: Callable[[Layout], Obscurer]
    margin: float
    ellipse: bool
    frames: bool
    picture: Overlay | None = None
    mark: Overlay | None = None
    mark_share: float = 0.04


def covered(frames: Iterable[Decided[Frame]], how: Obscuring) -> Iterator[Decided[SafeFrame]]:
    """Hide every cover on its frame. A new chapter takes new obscurers."""
    obscurers: dict[int, dict[str, Obscurer]] = {}
    here: int | None = None
    for decided in frames:
        frame, covers = decided.frame, decided.covers
        before, here = here, chapter(frame)
        faces = {cover.track for cover in covers} if before == here else set()
        obscurers = {track: made for track, made in obscurers.items() if track in faces}
        if decided.curtain or covers or how.mark is not None:
            writable(frame.picture)
        if decided.curtain:
            _draw_curtain(frame, how)
        elif covers:
            exactly = replace(how, margin=0.0, ellipse=False, picture=None)
            with stage("hide"):
                _hide(frame, [cover for cover in covers if not cover.exact], obscurers, how, decided.spared)
                _hide(frame, [cover for cover in covers if cover.exact], obscurers, exactly)
        if how.mark is not None:
            how.mark.corner(frame, how.mark_share)
        safe = SafeFrame(frame)
        yield Decided(safe, covers, decided.looked, decided.cut, decided.curtain, decided.spared)


def _hide(
    frame: Frame,
    covers: Sequence[Cover],
    obscurers: dict[int, dict[str, Obscurer]],
    how: Obscuring,
    spared: Sequence[Box] = (),
) -> None:
    if not covers:
        return
    views = components(frame.picture)
    areas = [_Area.around(cover.box, frame, views, how) for cover in covers]
    before = [(part, part.copy()) for box in spared for part in _within(box, frame, views)]
    for cover, area in zip(covers, areas, strict=True):
        made = obscurers.setdefault(cover.track, {})
        parts: dict[tuple[int, int], _Part | None] = {}
        for component in views:
            layout = component.layout
            if layout.name not in made:
                made[layout.name] = how.make(layout)
            step = layout.step_x, layout.step_y
            if step not in parts:
                parts[step] = area.part(*step)
            if (shown := parts[step]) is not None:
                shown.obscure(component, made[layout.name], how.ellipse)
    if how.picture is not None:
        for area in {cover.track: area for cover, area in zip(reversed(covers), reversed(areas), strict=True)}.values():
            how.picture.fill(frame, area.left, area.top, area.right, area.bottom)  # one for each face: its first place
    for part, pixels in before:
        part[:] = pixels
    if how.frames:
        for area in areas:
            for component in views:
                area.outline(component)


def _within(box: Box, frame: Frame, views: Sequence[Component]) -> Iterator[NDArray[Any]]:
    """The pixels of every component that lie in the box as a whole, so that nothing outside it shows."""
    inside = stored(box, frame.picture.width, frame.picture.height, frame.orientation)
    x, y = max(v.layout.step_x for v in views), max(v.layout.step_y for v in views)
    left, top = max(0, math.ceil(inside.left / x) * x), max(0, math.ceil(inside.top / y) * y)
    right, bottom = math.floor(inside.right / x) * x, math.floor(inside.bottom / y) * y
    if right > left and bottom > top:
        for view in views:
            across, down = view.layout.step_x, view.layout.step_y
            yield view.view[top // down : bottom // down, left // across : right // across]


def _draw_curtain(frame: Frame, how: Obscuring) -> None:
    """Hide all of the picture as if it were one face: no face in it is larger, so for each of them this is at least
    as strong. New obscurers each time: what a mosaic held from before it says nothing of this frame."""
    for component in components(frame.picture):
        hidden = how.make(component.layout)(cast(Patch, np.ascontiguousarray(component.view)))
        shift = component.layout.shift
        component.view[:] = (hidden >> shift) << shift if shift else hidden


@dataclass(frozen=True, slots=True)
class _Area:
    """A mask in stored pixels, whole ones, outward to the coarsest component; it may reach over the edge."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @staticmethod
    def around(box: Box, frame: Frame, views: Sequence[Component], how: Obscuring) -> _Area:
        width, height = frame.picture.width, frame.picture.height
        share = how.margin + (FEATHER / 2 * (1 + 2 * how.margin) if how.ellipse else 0.0)
        mask = stored(grown(box, share), width, height, frame.orientation)
        x, y = max(v.layout.step_x for v in views), max(v.layout.step_y for v in views)
        left, top = math.floor(mask.left / x) * x, math.floor(mask.top / y) * y
        right, bottom = math.ceil(mask.right / x) * x, math.ceil(mask.bottom / y) * y
        return _Area(left, top, right, bottom, width, height)

    def part(self, x: int, y: int) -> _Part | None:
        """What lies in the picture, for components of which one sample stands for ``x`` by ``y`` pixels."""
        left, top = max(0, self.left), max(0, self.top)
        right, bottom = min(self.width, self.right), min(self.height, self.bottom)
        if right <= left or bottom <= top:
            return None
        left, top, right, bottom = left // x, top // y, -(-right // x), -(-bottom // y)
        beside = left - self.left // x, self.right // x - right
        return _Part(left, top, right, bottom, (top - self.top // y, self.bottom // y - bottom), beside)

    def outline(self, component: Component) -> None:
        part = self.part(component.layout.step_x, component.layout.step_y)
        if part is None:
            return
        left, top, right, bottom = part.left, part.top, part.right, part.bottom
        across, down = max(1, FRAME // component.layout.step_x), max(1, FRAME // component.layout.step_y)
        value = GREEN[component.layout.name] << (component.layout.bits - 8 + component.layout.shift)
        for line in (np.s_[top : top + down, left:right], np.s_[bottom - down : bottom, left:right]):
            component.view[line] = value
        for line in (np.s_[top:bottom, left : left + across], np.s_[top:bottom, right - across : right]):
            component.view[line] = value


class _Part(NamedTuple):
    """What of an area lies in the picture, in the samples of a component, and how many samples of it lie outside:
    ``before`` above and below, ``beside`` left and right."""

    left: int
    top: int
    right: int
    bottom: int
    before: tuple[int, int]
    beside: tuple[int, int]

    def obscure(self, component: Component, obscurer: Obscurer, ellipse: bool) -> None:
        before, beside, shift = self.before, self.beside, component.layout.shift
        view = component.view[self.top : self.bottom, self.left : self.right]
        hidden = _hidden(view, before, beside, obscurer)
        if ellipse:
            weights = _ellipse(sum(before) + view.shape[0], sum(beside) + view.shape[1])
            part = weights[before[0] : before[0] + view.shape[0], beside[0] : beside[0] + view.shape[1]]
            hidden = np.rint(view + (hidden.astype(np.float32) - view) * part).astype(view.dtype)
        view[:] = (hidden >> shift) << shift if shift else hidden


def _hidden(view: NDArray[Any], before: tuple[int, int], beside: tuple[int, int], obscurer: Obscurer) -> NDArray[Any]:
    """Obscure at the full size of the face also where only a part of it is in the picture, so that the
    strength does not fall at the edge; what is outside continues the edge."""
    if not any(before) and not any(beside):
        return obscurer(cast(Patch, view if view.strides[1] == view.itemsize else np.ascontiguousarray(view)))
    # A face far larger than what is seen of it needs no more than its own size again.
    above, below = (min(max(0, n), 4 * view.shape[0]) for n in before)
    left, right = (min(max(0, n), 4 * view.shape[1]) for n in beside)
    whole = np.pad(view, ((above, below), (left, right)), mode="edge")
    return obscurer(whole)[above : above + view.shape[0], left : left + view.shape[1]]


@lru_cache(maxsize=256)
def _ellipse(height: int, width: int) -> NDArray[np.float32]:
    """Weights 0 to 1: 1 on the ellipse that is inscribed less the soft edge, falling to 0 at its border."""
    y = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    radius = np.sqrt(y[:, None] ** 2 + x[None, :] ** 2)
    inner = 1 / (1 + FEATHER)
    return cast(NDArray[np.float32], np.clip((1 - radius) / (1 - inner), 0, 1).astype(np.float32))
