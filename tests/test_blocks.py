"""``--keep jpeg.blocks``: what is not hidden is the same to the bit, and what is hidden is as hidden as without it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import piexif
import pytest
import runs
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage import data

from streamblur import MissingError, Settings, blur, rooms
from streamblur.sinks import _blocks

jpeglib: Any = pytest.importorskip("jpeglib", reason="needs streamblur[jpeg]")
KEEP = Settings(keep="jpeg.blocks")
MASK = (0.2, 0.2, 0.5, 0.6)
"""Where ``runs.Fixed`` sees a face."""
CANARY = b"Jane-Doe-canary"
KINDS: dict[str, tuple[str, dict[str, Any], int]] = {
    "4:2:0": ("RGB", {"subsampling": 2}, 16),
    "4:2:2": ("RGB", {"subsampling": 1}, 16),
    "4:4:4": ("RGB", {"subsampling": 0}, 8),
    "grey": ("L", {}, 8),
    "progressive": ("RGB", {"subsampling": 2, "progressive": True}, 16),
    "with restarts": ("RGB", {"subsampling": 2, "restart_marker_blocks": 5}, 16),
}


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "part", runs.part)


def _face() -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]
    return pixels


def photo(place: Path, mode: str = "RGB", size: tuple[int, int] = (507, 389), **how: Any) -> Path:
    Image.fromarray(_face()).crop((0, 0, *size)).convert(mode).save(place, quality=88, **how)
    return place


def blocks(place: Path) -> list[NDArray[np.int16]]:
    """The coefficients of each component: (rows, columns, 8, 8)."""
    read = jpeglib.read_dct(str(place))
    return [plane for plane in (read.Y, read.Cb, read.Cr) if plane is not None]


def same(before: Path, after: Path) -> list[NDArray[np.bool_]]:
    """Which blocks of each component are equal."""
    return [(a == b).all((2, 3)) for a, b in zip(blocks(before), blocks(after), strict=True)]


@pytest.mark.parametrize("kind", KINDS)
def test_only_blocks_with_something_hidden_are_new(tmp_path: Path, kind: str) -> None:
    mode, how, unit = KINDS[kind]
    before, after, whole = photo(tmp_path / "in.jpg", mode, **how), tmp_path / "out.jpg", tmp_path / "whole.jpg"
    summary = blur(before, after, KEEP)
    blur(before, whole)
    assert any(" of the blocks of the JPEG as they were" in note for note in summary.notes)
    with Image.open(after) as a, Image.open(whole) as b, Image.open(before) as old:
        new, plain, was = (np.asarray(image.convert("RGB")).astype(int) for image in (a, b, old))
        assert a.quantization == b.quantization  # type: ignore[attr-defined]
    left, top, right, bottom = (round(v * s) for v, s in zip(MASK, (507, 389) * 2, strict=True))
    assert np.abs(new - plain)[top:bottom, left:right].max() <= 1
    assert np.abs(new - was)[top:bottom, left:right].mean() > 15
    equal = same(before, after)
    assert 0.5 < equal[0].mean() < 0.95
    for plane in equal:
        across, down = -(-507 // unit), -(-389 // unit)
        wide, high = -(-plane.shape[1] // across), -(-plane.shape[0] // down)
        # right of the mask and its margin, all but the last column, which reaches over the edge
        assert plane[: high * (389 // unit), wide * (360 // unit + 1) : wide * (507 // unit)].all()


def test_nothing_else_comes_along(tmp_path: Path) -> None:
    small = photo(tmp_path / "small.jpg", size=(80, 80)).read_bytes()
    told = {
        "0th": {piexif.ImageIFD.Make: CANARY},
        "Exif": {piexif.ExifIFD.DateTimeOriginal: b"2024:05:06 07:08:09"},
        "1st": {},
        "thumbnail": small,
    }
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    before = photo(tmp_path / "in.jpg", exif=piexif.dump(told), icc_profile=profile, comment=CANARY, dpi=(300, 200))
    before.write_bytes(before.read_bytes() + CANARY)
    after, dated = tmp_path / "out.jpg", tmp_path / "dated.jpg"
    blur(before, after, KEEP)
    with Image.open(after) as image:
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        assert image.info["dpi"] == (300, 200)
    blur(before, dated, Settings(keep="jpeg.blocks,exif.date,icc"))
    with Image.open(dated) as image:
        assert image.info["icc_profile"] == profile
        assert image.getexif().get_ifd(0x8769) == {0x9003: "2024:05:06 07:08:09"}
    for place in (after, dated):
        assert CANARY not in place.read_bytes()
        assert place.read_bytes().count(b"\xff\xd8\xff") == 1
        assert place.read_bytes().endswith(b"\xff\xd9")
    assert sorted(os.listdir(tmp_path)) == ["dated.jpg", "in.jpg", "out.jpg", "small.jpg"]


def test_what_is_stored_beyond_the_edge_is_not_kept(tmp_path: Path) -> None:
    """A picture cropped without loss still holds, in its last blocks, what was cut off."""
    pixels = np.random.default_rng(1).integers(0, 256, (384, 512, 3)).astype(np.uint8)
    pixels[:379, :505] = _face()[:379, :505]
    before = tmp_path / "in.jpg"
    Image.fromarray(pixels).save(before, quality=88)
    stored = before.read_bytes()
    at = stored.index(b"\xff\xc0") + 5
    before.write_bytes(stored[:at] + bytes([379 >> 8, 379 & 255, 505 >> 8, 505 & 255]) + stored[at + 4 :])
    blur(before, tmp_path / "out.jpg", KEEP)
    with Image.open(before) as old, Image.open(tmp_path / "out.jpg") as new:
        assert old.size == new.size == (505, 379)
    equal = same(before, tmp_path / "out.jpg")[0]
    assert not equal[-1].any()
    assert not equal[:, -1].any()
    assert equal[:-2, -4:-2].all()


@pytest.mark.parametrize(("mode", "turn"), [("RGB", 6), ("CMYK", 1)])
def test_what_cannot_be_kept_is_said(tmp_path: Path, mode: str, turn: int) -> None:
    before = photo(tmp_path / "in.jpg", mode, exif=piexif.dump({"0th": {piexif.ImageIFD.Orientation: turn}}))
    summary = blur(before, tmp_path / "out.jpg", KEEP)
    assert any("all blocks of the JPEG are written anew: it is turned" in note for note in summary.notes)


def test_when_the_library_fails_the_picture_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_blocks, "_run", lambda *_: 1)
    before, after = photo(tmp_path / "in.jpg"), tmp_path / "out.jpg"
    summary = blur(before, after, KEEP)
    assert any("all blocks of the JPEG are written anew: its tables" in note for note in summary.notes)
    blur(before, tmp_path / "whole.jpg")
    assert after.read_bytes() == (tmp_path / "whole.jpg").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["in.jpg", "out.jpg", "whole.jpg"]


def test_without_the_library_it_is_refused_and_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_blocks, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"install it with 'python3 -m pip install streamblur\[jpeg\]'"):
        blur(photo(tmp_path / "in.jpg"), tmp_path / "out.jpg", KEEP)
    assert os.listdir(tmp_path) == ["in.jpg"]
