"""What a style leaves of a face, measured; every style in the room must pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import FACE
from skimage import data

from streamblur.layouts import Layout, layouts
from streamblur.ports import Obscurer
from streamblur.rooms import choices, part
from streamblur.settings import Settings

STYLES = choices("obscurers")
Y = layouts("yuv420p")[0]
FLOOR = 0.15
"""What the attack 'recovers' where nothing is left (measured on a constant fill: up to 0.15)."""
BAND = (4, 16)
"""Cycles per face by which people are recognised."""


def obscurer(style: str, layout: Layout = Y, **settings: Any) -> Obscurer:
    return cast(Obscurer, part("obscurers", style).build(Settings(style=style, **settings), layout))


def face_lines(width: int, margin: int) -> NDArray[np.float64]:
    """Brightness along five lines across the face, ``width`` pixels a face and ``margin`` around it."""
    left, top, right, bottom = FACE
    gray = cv2.cvtColor(cast(Any, data).astronaut(), cv2.COLOR_RGB2GRAY)
    rows = gray[np.linspace(top + 15, bottom - 15, 5).astype(int)]
    scale = width / (right - left)
    across = np.arange(left - margin / scale, right + margin / scale, 1 / scale)[: width + 2 * margin]
    return np.stack([np.interp(across, np.arange(gray.shape[1]), row) for row in rows])


def attacked(hide: Callable[[NDArray[np.uint8]], NDArray[Any]], frames: int, width: int = 120) -> float:
    """Share of the face's 4 to 16 cycles that the best linear inverse gets back from ``frames`` frames.

    The attacker knows the method, and where the face was on each frame (it moves a little); the
    output is 8 bit, without a codec. Source of the attack: quality plan 1.4.
    """
    margin = 20
    lines = face_lines(width, margin)
    length = lines.shape[1]
    shifts = np.random.default_rng(1).integers(0, 2 * margin, frames) if frames > 1 else np.array([margin])
    operator = _operator(hide, width)
    normal, right = np.zeros((length, length)), np.zeros((length, len(lines)))
    for shift in shifts:
        shown = [np.repeat(np.rint(line[None, shift : shift + width]), width, 0).astype(np.uint8) for line in lines]
        seen = np.stack([hide(patch)[width // 2] for patch in shown])
        whole = np.zeros((width, length))
        whole[:, shift : shift + width] = operator
        normal += whole.T @ whole
        right += whole.T @ (seen.T.astype(float) - 128)
    best = 0.0
    inside = slice(margin, margin + width)
    for power in range(-8, 3):
        found: NDArray[Any] = np.linalg.solve(normal + 10.0**power * frames * np.eye(length), right).T
        best = max(best, _band_r2(lines[:, inside] - 128, found[:, inside]))
    return best


def _operator(hide: Callable[[NDArray[np.uint8]], NDArray[Any]], width: int) -> NDArray[np.float64]:
    """The method as a matrix on a line, from its answers to single bright columns."""
    columns = []
    for at in range(width):
        patch = np.zeros((width, width), np.uint8)
        patch[:, at] = 255
        columns.append(hide(patch)[width // 2].astype(float) / 255)
    return np.stack(columns, axis=1)


def _band_r2(truth: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    def band(lines: NDArray[np.float64]) -> NDArray[np.float64]:
        spectrum = np.fft.rfft((lines - lines.mean(1, keepdims=True)) * np.hanning(lines.shape[1]), axis=1)
        spectrum[:, : BAND[0]] = 0
        spectrum[:, BAND[1] :] = 0
        return np.asarray(np.fft.irfft(spectrum, lines.shape[1], axis=1))

    a, b = band(truth).ravel(), band(found).ravel()
    return float(np.corrcoef(a, b)[0, 1] ** 2) if a.std() > 0 and b.std() > 1e-9 else 0.0


@pytest.mark.parametrize("frames", [1, 200])
@pytest.mark.parametrize("style", STYLES)
def test_nothing_of_the_face_can_be_calculated_back(style: str, frames: int) -> None:
    fresh = cast(Any, lambda patch: obscurer(style)(patch))
    assert attacked(fresh, frames) <= FLOOR


def test_the_attack_works_on_methods_known_to_be_weak() -> None:
    assert attacked(lambda patch: cv2.blur(patch, (patch.shape[1] // 2, 1), borderType=cv2.BORDER_REPLICATE), 1) > 0.3
    assert (
        attacked(lambda patch: np.repeat(patch.reshape(patch.shape[0], 8, -1).mean(2), patch.shape[1] // 8, 1), 60)
        > 0.5
    )


@pytest.mark.parametrize("width", [24, 60, 200, 800])
@pytest.mark.parametrize("style", STYLES)
def test_stripes_vanish_at_every_size_of_face(style: str, width: int) -> None:
    across = np.arange(width) / width
    for cycles in (4, 6, 8, 12):
        stripes = 128 + 100 * np.hanning(width) * np.sin(2 * np.pi * cycles * across)
        left = obscurer(style)(np.repeat(np.rint(stripes)[None].astype(np.uint8), width, 0))
        assert np.ptp(left.astype(float)) <= 6


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 7), (24, 24), (31, 40), (400, 250)])
@pytest.mark.parametrize("bits", [8, 10])
def test_any_size_and_depth_keeps_its_shape_and_range(style: str, shape: tuple[int, int], bits: int) -> None:
    layout = layouts("yuv420p" if bits == 8 else "yuv420p10le")[0]
    patch: NDArray[Any] = np.random.default_rng(0).integers(0, 1 << bits, shape)
    patch = patch.astype(np.uint8 if bits == 8 else np.uint16)
    before = patch.copy()
    hidden = obscurer(style, layout)(patch)
    assert hidden.shape == shape
    assert hidden.dtype == patch.dtype
    assert int(hidden.max()) <= layout.full_scale
    assert (patch == before).all()


@pytest.mark.parametrize("style", STYLES)
def test_more_strength_leaves_less(style: str) -> None:
    patch = np.random.default_rng(0).integers(0, 256, (90, 70)).astype(np.uint8)
    patch[:, 35:] //= 3
    weak, strong = (float(obscurer(style, strength=s)(patch).std()) for s in (1.0, 3.0))
    assert strong <= weak


def test_pixelate_has_at_most_four_cells_across_and_holds_them() -> None:
    rng = np.random.default_rng(0)
    hide = obscurer("pixelate")
    first = hide(rng.integers(0, 256, (97, 83)).astype(np.uint8))
    assert len(np.unique(first)) <= 16
    assert (np.diff(first[5].astype(int)) != 0).sum() <= 3
    again = hide(rng.integers(0, 256, (97, 83)).astype(np.uint8))
    assert (again == first).all()
    assert (hide(np.full((97, 83), 240, np.uint8)) == 240).all()


def test_solid_is_the_same_for_every_face() -> None:
    hide = obscurer("solid")
    assert len({int(v) for n in range(5) for v in np.unique(hide(np.full((9, 9), n * 50, np.uint8)))}) == 1
    u = layouts("p010le")[1]
    assert (obscurer("solid", u)(np.zeros((4, 4), np.uint16)) == 512 << 6).all()
