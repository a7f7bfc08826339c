"""Covering changes what it must, exactly there, in every pixel format, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from test_planes import NATIVE

from streamblur.engine import Obscuring
from streamblur.engine.covering import covered
from streamblur.layouts import Layout
from streamblur.planes import components
from streamblur.ports import Obscurer, Patch
from streamblur.rooms import choices, part
from streamblur.settings import Settings
from streamblur.values import Box, Cover, Decided, Frame

SIZE = (83, 61)


def noise(name: str, seed: int = 0) -> av.VideoFrame:
    frame = av.VideoFrame(*SIZE, name)
    rng = np.random.default_rng(seed)
    for component in components(frame):
        layout = component.layout
        component.view[:] = rng.integers(0, 1 << layout.bits, component.view.shape) << layout.shift
    return frame


def copies(frame: av.VideoFrame) -> dict[str, NDArray[Any]]:
    return {c.layout.name: c.view.copy() for c in components(frame)}


def how(style: str = "blur", margin: float = 0.0, ellipse: bool = False, frames: bool = False) -> Obscuring:
    def make(layout: Layout) -> Obscurer:
        made: Obscurer = part("obscurers", style).build(Settings(style=style), layout)
        return made

    return Obscuring(make, margin, ellipse, frames)


def cover(frame: av.VideoFrame, boxes: list[Box], obscuring: Obscuring, orientation: int = 1) -> None:
    marks = [Cover(n, box, True) for n, box in enumerate(boxes)]
    (out,) = covered([Decided(Frame(frame, 0, Fraction(1, 25), orientation), marks)], obscuring)
    assert out.frame.picture is frame
    assert list(out.covers) == marks


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("style", choices("obscurers"))
def test_outside_the_mask_not_one_sample_changes_and_inside_nothing_is_left(name: str, style: str) -> None:
    frame = noise(name)
    before = copies(frame)
    cover(frame, [Box(20.5, 10.2, 50.3, 44.9)], how(style))
    for component in components(frame):
        x, y = component.layout.step_x, component.layout.step_y
        inside = np.zeros(component.view.shape, bool)
        inside[10 // y : -(-46 // y), 20 // x : -(-52 // x)] = True
        changed = component.view != before[component.layout.name]
        assert not changed[~inside].any()
        seen = component.view[10 // y + 1 : 44 // y, 22 // x : 50 // x].astype(float)
        was = before[component.layout.name][10 // y + 1 : 44 // y, 22 // x : 50 // x].astype(float)
        assert seen.std() < 0.2 * was.std()
        assert not (component.view & ((1 << component.layout.shift) - 1)).any()


@pytest.mark.parametrize("name", ["yuv420p", "nv12", "yuyv422", "yuv420p10le"])
def test_the_last_row_and_column_of_an_odd_picture_are_covered(name: str) -> None:
    frame = noise(name)
    before = copies(frame)
    cover(frame, [Box(60, 40, 200, 200)], how("solid"))
    for component in components(frame):
        corner = component.view[-3:, -3:]
        assert len(np.unique(corner)) == 1
        assert (corner != before[component.layout.name][-3:, -3:]).any()


def test_a_face_outside_the_picture_changes_nothing() -> None:
    frame = noise("yuv420p")
    before = copies(frame)
    cover(frame, [Box(-20, 5, -1, 25), Box(84, 10, 99, 30), Box(10, 62, 30, 80)], how())
    assert all((view == before[name]).all() for name, view in copies(frame).items())


def test_a_face_cut_by_the_edge_is_blurred_as_strongly_as_a_whole_one() -> None:
    stripes = np.tile((np.arange(SIZE[0]) // 6 % 2 * 200 + 20).astype(np.uint8), (SIZE[1], 1))
    frame = av.VideoFrame.from_ndarray(stripes, format="gray")
    cover(frame, [Box(-60, 5, 24, 55)], how())
    left = frame.to_ndarray()[30, :24].astype(int)
    assert np.abs(left[12:] - 2 * left[6:-6] + left[:-12]).max() < 10
    outside = av.VideoFrame.from_ndarray(stripes, format="gray")
    cover(outside, [Box(-60, 5, -3, 55), Box(500, 0, 600, 50)], how())
    assert (outside.to_ndarray() == stripes).all()


def test_margin_and_ellipse_reach_as_far_as_they_say() -> None:
    def change(margin: float, ellipse: bool) -> NDArray[np.bool_]:
        frame = noise("gray")
        before = frame.to_ndarray().copy()
        cover(frame, [Box(30, 20, 50, 40)], how("solid", margin, ellipse))
        return np.asarray(frame.to_ndarray() != before)

    assert change(0.0, False)[20:40, 30:50].mean() > 0.99
    assert change(0.5, False)[10:50, 20:60].mean() > 0.99
    assert not change(0.5, False)[:10].any()
    oval = change(0.5, True)
    y, x = np.mgrid[:61, :83]
    assert oval[np.hypot((x + 0.5 - 40) / 20, (y + 0.5 - 30) / 20) <= 1].mean() > 0.99
    assert not oval[10:13, 20:23].any()


def test_an_ellipse_is_at_full_strength_on_the_whole_oval() -> None:
    frame = noise("gray")
    cover(frame, [Box(20, 10, 60, 50)], how("solid", 0.0, ellipse=True))
    y, x = np.mgrid[:61, :83]
    oval = np.hypot((x + 0.5 - 40) / 20, (y + 0.5 - 30) / 20) <= 0.97
    assert len(np.unique(frame.to_ndarray()[oval])) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_upright_and_the_picture_may_not_be(orientation: int) -> None:
    from streamblur.planes import turned

    frame = noise("gray")
    before = turned(frame.to_ndarray(), orientation).copy()
    cover(frame, [Box(8, 12, 24, 38)], how("solid"), orientation)
    changed = turned(frame.to_ndarray(), orientation) != before
    assert changed[12:38, 8:24].mean() > 0.98
    assert changed.sum() == changed[12:38, 8:24].sum()


def test_the_green_frame_is_green_and_lies_on_the_edge_of_the_mask() -> None:
    for name in ("yuv420p", "rgb24", "gbrp", "nv12"):
        frame = av.VideoFrame.from_ndarray(np.full((60, 80, 3), 90, np.uint8), format="rgb24").reformat(format=name)
        cover(frame, [Box(20, 10, 60, 50)], how(frames=True))
        shown = frame.reformat(format="rgb24").to_ndarray().astype(int)
        for y, x in ((10, 40), (49, 40), (30, 20), (30, 59)):
            assert shown[y, x, 1] > 200
            assert shown[y, x, 0] < 90
        assert np.abs(shown[30, 40] - 90).max() < 6


def test_each_face_and_component_has_one_obscurer_for_as_long_as_it_is_there() -> None:
    made: list[str] = []

    def make(layout: Layout) -> Callable[[Patch], Patch]:
        made.append(layout.name)
        return lambda patch: patch

    def frames(*present: list[int]) -> list[Decided[Frame]]:
        box = Box(10, 10, 30, 30)
        return [
            Decided(Frame(noise("gray"), n, Fraction(1, 25)), [Cover(t, box, True) for t in there])
            for n, there in enumerate(present)
        ]

    list(covered(frames([1], [1, 2], [1, 1], [2], [1]), Obscuring(make, 0.1, False, False)))
    assert len(made) == 4


def test_the_decoder_keeps_its_own_copy_of_what_it_refers_to(tmp_path: Any) -> None:
    place = tmp_path / "clip.mkv"
    with av.open(str(place), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "2", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        still = np.random.default_rng(0).integers(0, 255, (96, 160, 3)).astype(np.uint8)
        for n in range(12):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(still, 2 * n, 1), format="rgb24")))
        out.mux(stream.encode(None))

    def decoded(scribble: bool) -> list[NDArray[Any]]:
        pictures = []
        with av.open(str(place)) as clip:
            for n, frame in enumerate(clip.decode(video=0)):
                if scribble:
                    cover(frame, [Box(0, 0, 60, 96)], how("solid"))
                pictures.append(frame.to_ndarray()[:, 64:].copy()[:96])
                assert n < 12
        return pictures

    for clean, after in zip(decoded(False), decoded(True), strict=True):
        assert (clean == after).all()
