"""A picture over faces: in its colours and upright in every pixel format, and nothing of the face through it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import clips
import numpy as np
import pytest
import runs
from numpy.typing import NDArray
from PIL import Image
from test_covering import copies, how, noise
from test_planes import NATIVE

from streamblur import InputError, Settings, SettingsError, blur, rooms
from streamblur.engine import Obscuring
from streamblur.engine.covering import covered
from streamblur.overlays import Overlay, resized
from streamblur.planes import components, turned
from streamblur.values import Box, Cover, Decided, Frame

RED, BLUE = (230, 40, 40, 255), (30, 60, 220, 255)
FACE = Box(16, 12, 48, 44)


def flag(clear: bool = True) -> NDArray[np.uint8]:
    """Red above blue, the left quarter transparent (and garbage under it)."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:20], pixels[20:] = RED, BLUE
    if clear:
        pixels[:, :10] = (0, 255, 0, 0)
    return pixels


def laid(
    frame: av.VideoFrame, pixels: NDArray[np.uint8], orientation: int = 1, box: Box = FACE, faces: int = 1
) -> None:
    plain = how()
    obscuring = Obscuring(plain.make, 0.0, False, False, Overlay(pixels))
    marks = [Cover(0, box, True)]
    list(covered([Decided(Frame(frame, 0, Fraction(1, 25), orientation), marks)], obscuring))


def shown(frame: av.VideoFrame) -> NDArray[Any]:
    return frame.reformat(format="rgb24").to_ndarray().astype(int)


def even(name: str) -> av.VideoFrame:
    """A grey picture, with tags that say how its colours are meant."""
    grey = av.VideoFrame.from_ndarray(np.full((64, 80, 3), 90, np.uint8), format="rgb24")
    return grey.reformat(format=name)


@pytest.mark.parametrize("name", NATIVE)
def test_its_colours_are_right_in_every_pixel_format(name: str) -> None:
    frame = even(name)
    laid(frame, flag())
    after = shown(frame)
    grey = name.startswith("gray")
    for row, colour in ((20, RED), (36, BLUE)):
        wanted = [sum(c * w for c, w in zip(colour, (0.299, 0.587, 0.114), strict=False))] * 3 if grey else colour[:3]
        assert np.abs(after[row, 40] - wanted).max() <= 8
    assert np.abs(after[20:36, 18:21] - 90).max() <= 6  # what is transparent shows the blur, not the green under it
    for component in components(frame):
        assert not (component.view & ((1 << component.layout.shift) - 1)).any()


@pytest.mark.parametrize("name", NATIVE)
def test_where_it_is_transparent_lies_the_blur_and_outside_nothing_changes(name: str) -> None:
    blurred, frame = noise(name), noise(name)
    before = copies(frame)
    marks = [Cover(0, FACE, True)]
    list(covered([Decided(Frame(blurred, 0, Fraction(1, 25)), marks)], how()))
    pixels = flag()
    pixels[:, :20, 3] = 0
    laid(frame, pixels)
    for component, plain in zip(components(frame), components(blurred), strict=True):
        x, y = component.layout.step_x, component.layout.step_y
        left = np.s_[12 // y : 44 // y, 16 // x : 30 // x]
        assert (component.view[left] == plain.view[left]).all()
        inside = np.zeros(component.view.shape, bool)
        inside[12 // y : -(-44 // y), 16 // x : -(-48 // x)] = True
        assert (component.view == before[component.layout.name])[~inside].all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["rgb24", "yuv420p"])
def test_a_sideways_stored_picture_shows_it_upright(orientation: int, name: str) -> None:
    frame = even(name)
    laid(frame, flag(), orientation, Box(12, 8, 52, 48))
    after = turned(shown(frame), orientation)
    assert np.abs(after[14, 40] - RED[:3]).max() <= 8
    assert np.abs(after[42, 40] - BLUE[:3]).max() <= 8
    assert np.abs(after[28, 15] - 90).max() <= 6


def test_it_is_laid_once_over_a_face_and_never_beyond_the_edge() -> None:
    frame = even("yuv420p")
    laid(frame, flag(), box=Box(-20, -20, 20, 20))
    assert np.abs(shown(frame)[4, 12] - BLUE[:3]).max() <= 8
    frame = even("yuv420p")
    laid(frame, flag(), box=Box(500, 500, 900, 900))
    assert (np.abs(shown(frame) - 90) <= 3).all()
    frame, calls = even("rgb24"), []
    overlay = Overlay(flag())
    overlay.fill = lambda *area: calls.append(area)  # type: ignore[method-assign]
    places = [Cover(7, FACE, True), Cover(7, Box(20, 20, 50, 50), False), Cover(8, FACE, True)]
    obscuring = Obscuring(how().make, 0.0, False, False, overlay)
    list(covered([Decided(Frame(frame, 0, Fraction(1, 25)), places)], obscuring))
    assert [area[1:3] for area in calls] == [(16, 12), (16, 12)]


def test_ten_bits_stay_in_range_and_a_page_of_hdr_is_not_the_sun() -> None:
    white = np.full((20, 20, 4), 255, np.uint8)
    for trc, level in ((1, 940), (16, 572), (18, 721)):
        frame = av.VideoFrame(80, 64, "yuv420p10le")
        for component in components(frame):
            component.view[:] = 512
        frame.color_trc, frame.color_range = trc, 1
        laid(frame, white)
        luma = components(frame)[0].view
        assert abs(int(luma[28, 32]) - level) <= 2
        assert int(components(frame)[1].view[14, 16]) == 512


def test_shrinking_and_enlarging_keep_the_mean_and_the_place() -> None:
    pixels = np.random.default_rng(0).random((50, 70, 4)).astype(np.float32)
    for size in ((7, 5), (35, 25), (140, 100)):
        again = resized(pixels, *size)
        assert again.shape == (size[1], size[0], 4)
        assert abs(float(again.mean() - pixels.mean())) < 0.01
    ramp = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], 8, 0).repeat(4, 2)
    assert np.abs(resized(ramp, 16, 2)[0, :, 0] - np.linspace(1.5 / 63, 61.5 / 63, 16)).max() < 0.02


def test_a_few_sizes_serve_a_face_that_moves() -> None:
    overlay, frame = Overlay(flag()), even("yuv420p")
    for side in range(200, 240):
        overlay.fill(Frame(frame, 0, Fraction(1, 25)), 0, 0, side, side)
    assert len(overlay._made) <= 10


def test_what_cannot_be_laid_is_told_before_anything_is_written(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "in.mp4", clips.Clip())
    (tmp_path / "words.png").write_text("no picture")
    for name, error in (("", SettingsError), ("missing.png", InputError), ("words.png", InputError)):
        settings = Settings(style="picture", picture=str(tmp_path / name) if name else "")
        with pytest.raises(error):
            blur(source, tmp_path / "out.mp4", settings)
        assert not (tmp_path / "out.mp4").exists()
    with pytest.raises(SettingsError, match="style picture"):
        Settings(picture="x.png")


@pytest.mark.parametrize("kind", ["in.mp4", "in.png", "in.jpg", "in.gif"])
def test_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(rooms, "part", runs.part)
    Image.fromarray(flag(clear=False)).save(tmp_path / "flag.png")
    source = tmp_path / kind
    size = (160, 120)
    if kind.endswith("mp4"):
        clips.make(source, clips.Clip(size=size, times=tuple(range(4))))
    else:
        colours = np.zeros((*size[::-1], 3), np.uint8)  # of a GIF, the colours must be there already
        colours[:60], colours[60:], colours[:, 140:] = RED[:3], BLUE[:3], 90
        Image.fromarray(colours).save(source, quality=95)
    settings = Settings(style="picture", picture=str(tmp_path / "flag.png"), crf=10)
    blur(source, tmp_path / f"out{source.suffix}", settings)
    if kind.endswith("mp4"):
        after = clips.seen(tmp_path / "out.mp4").pictures[2].astype(int)
    else:
        with Image.open(tmp_path / f"out{source.suffix}") as image:
            after = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(after[36, 56] - RED[:3]).max() <= 16
    assert np.abs(after[60, 56] - BLUE[:3]).max() <= 16
