"""A mark in the corner: small, upright, in every pixel format, and nowhere else."""

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
from test_covering import copies, how
from test_planes import NATIVE

from streamblur import InputError, Settings, SettingsError, blur, rooms
from streamblur.engine import Obscuring
from streamblur.engine.covering import covered
from streamblur.overlays import Overlay
from streamblur.planes import components, turned
from streamblur.sources import _overlay
from streamblur.values import Decided, Frame

SIZE = (320, 240)
MARK = np.array([[[255, 255, 255, 255]] * 20 + [[255, 0, 0, 255]] * 20] * 10, np.uint8)
"""White, and red on its right."""


def marked(frame: av.VideoFrame, orientation: int = 1, share: float = 0.1) -> None:
    obscuring = Obscuring(how().make, 0.0, False, False, mark=Overlay(MARK), mark_share=share)
    list(covered([Decided(Frame(frame, 0, Fraction(1, 25), orientation), [])], obscuring))


def even(name: str) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8), format="rgb24").reformat(
        format=name
    )


@pytest.mark.parametrize("name", NATIVE)
def test_it_is_in_the_corner_and_nowhere_else(name: str) -> None:
    frame = even(name)
    before = copies(frame)
    marked(frame)
    for component in components(frame):
        changed = component.view != before[component.layout.name]
        rows, columns = changed.shape
        if component.layout.name != "u":
            assert changed.any()
        assert not changed[: rows * 8 // 10].any()
        assert not changed[:, : columns * 5 // 10].any()
        assert not changed[-2 // component.layout.step_y :].any()
    after = frame.reformat(format="rgb24").to_ndarray()
    assert (after[223, 240] > 240).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_as_the_picture_is_shown(orientation: int) -> None:
    frame = even("yuv444p")
    marked(frame, orientation)
    after = turned(frame.reformat(format="rgb24").to_ndarray(), orientation).astype(int)
    height, width = after.shape[:2]
    assert after[height - 17, width - 90].min() > 230
    assert np.abs(after[height - 17, width - 20] - (255, 0, 0)).max() < 20
    assert np.abs(after[: height // 2] - 90).max() < 4


def test_text_is_legible_on_light_and_dark_and_other_letters_find_a_font() -> None:
    pixels = _overlay.written("Anonymised")
    assert (pixels[..., 3] > 200).any()
    assert pixels[pixels[..., 3] > 0][:, :3].min() == 0  # the edge
    assert pixels[..., :3].max() == 255
    assert pixels.shape[1] > 3 * pixels.shape[0]
    assert _overlay.written("©").shape[0] > 10
    try:
        other = _overlay.written("été Łódź")
    except SettingsError as error:
        pytest.skip(f"no font here: {error}")
    assert other.shape[1] > 100


@pytest.mark.parametrize("text", ["   ", "x" * 81, "a\x1b[2Jb", "\U0010fffd"])
def test_what_cannot_be_written_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="watermark"):
        rooms.overlays(Settings(watermark=text))


def test_a_png_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        rooms.overlays(Settings(watermark=str(tmp_path / "missing.png")))


def corner(place: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """The corner where the mark is, and all that is above it."""
    if place.suffix == ".mp4":
        after = clips.seen(place).pictures[-1].astype(int)
    else:
        with Image.open(place) as image:
            after = np.asarray(image.convert("RGB")).astype(int)
    height, width = after.shape[:2]
    return after[height * 8 // 10 :, width // 2 :], after[: height * 7 // 10]


@pytest.mark.parametrize("name", ["x.mp4", "x.jpg", "x.png", "x.webp", "x.gif", "deep.tif", "cmyk.jpg", "1bit.png"])
def test_it_is_there_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(rooms, "part", runs.part)
    source = tmp_path / name
    if name.endswith("mp4"):
        clips.make(source, clips.Clip(size=SIZE, times=tuple(range(3))))
    elif name.startswith("deep"):
        from streamblur.sinks._saving import deep
        from streamblur.values import Written

        wide = np.full((SIZE[1], SIZE[0], 3), 30000, np.uint16)
        source.write_bytes(deep(wide, Written("TIFF", {"compression": "raw"}, alone=True)))
    else:
        shade = np.linspace(60, 120, SIZE[0]).astype(np.uint8)
        image = Image.fromarray(np.repeat(np.repeat(shade[None, :, None], SIZE[1], 0), 3, 2))
        image.convert({"cmyk": "CMYK", "1bit": "1"}.get(name.partition(".")[0], "RGB")).save(source)
    for settings, to in ((Settings(), "without"), (Settings(watermark="streamblur"), "with")):
        blur(source, tmp_path / f"{to}{source.suffix}", settings)
    (plain, above), (marked, same) = (corner(tmp_path / f"{to}{source.suffix}") for to in ("without", "with"))
    assert np.abs(plain - marked).max() > 40
    assert np.abs(above - same).mean() < 1
    if name.endswith((".png", ".tif")):
        assert (above == same).all()
