"""Writing over faces: the last stage, the only one that changes pixels and that declares a frame safe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from streamblur.engine.areas import Area, Part
from streamblur.engine.chapters import chapter
from streamblur.geometry import stored
from streamblur.layouts import Layout
from streamblur.overlays import Overlay
from streamblur.planes import Component, components, writable
from streamblur.ports import Obscurer, Patch
from streamblur.timing import stage
from streamblur.values import Box, Cover, Decided, Frame, SafeFrame


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
    areas = [Area.around(cover.box, frame, views, how.margin, how.ellipse) for cover in covers]
    before = [(part, part.copy()) for box in spared for part in _within(box, frame, views)]
    for cover, area in zip(covers, areas, strict=True):
        _obscure(area, views, obscurers.setdefault(cover.track, {}), how)
    if how.picture is not None:
        for area in {cover.track: area for cover, area in zip(reversed(covers), reversed(areas), strict=True)}.values():
            how.picture.fill(frame, area.left, area.top, area.right, area.bottom)  # one for each face: its first place
    for part, pixels in before:
        part[:] = pixels
    if how.frames:
        for area in areas:
            for component in views:
                area.outline(component)


def _obscure(area: Area, views: Sequence[Component], made: dict[str, Obscurer], how: Obscuring) -> None:
    """Write over the area in every component, by the obscurer of its name in ``made``."""
    parts: dict[tuple[int, int], Part | None] = {}
    for component in views:
        layout = component.layout
        if layout.name not in made:
            made[layout.name] = how.make(layout)
        step = layout.step_x, layout.step_y
        if step not in parts:
            parts[step] = area.part(*step)
        if (shown := parts[step]) is not None:
            shown.obscure(component, made[layout.name], how.ellipse)


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
