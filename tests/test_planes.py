"""Every native pixel format is seen in place, component by component."""

from __future__ import annotations

import av
import numpy as np
import pytest

from streamblur import layouts, planes

NATIVE = [
    *(f"yuv{s}p{d}" for s in ("420", "422", "444") for d in ("", "10le", "12le")),
    *("yuvj420p", "yuvj422p", "yuvj444p", "nv12", "nv21", "p010le", "gray", "gray10le", "yuva420p"),
    *("rgb24", "bgr24", "rgba", "bgr0", "gbrp", "gbrp10le", "yuyv422", "uyvy422"),
]
FOREIGN = {
    "pal8": "rgb24",
    "yuv420p10be": "yuv420p10le",
    "rgb565le": "rgb24",
    "rgb48le": "gbrp16le",
    "ya8": "gray",
    "monob": "gray",
}


def blank(name: str, width: int = 33, height: int = 17) -> av.VideoFrame:
    """A frame whose components are all neutral."""
    frame = av.VideoFrame(width, height, name)
    for plane in frame.planes:
        np.frombuffer(memoryview(plane), np.uint8)[:] = 0
    for component in planes.components(frame):
        component.view[:] = (1 << component.layout.bits - 1) << component.layout.shift
    return frame


@pytest.mark.parametrize("name", NATIVE)
def test_the_views_are_the_frame(name: str) -> None:
    frame = blank(name)
    shown = frame.reformat(format="rgb24").to_ndarray()
    assert np.ptp(shown) == 0
    assert 120 < shown[0, 0, 0] < 136


@pytest.mark.parametrize("name", NATIVE)
def test_a_change_in_one_corner_of_every_view_shows_only_there(name: str) -> None:
    frame = blank(name, 64, 32)
    for component in planes.components(frame):
        x, y = component.layout.step_x, component.layout.step_y
        component.view[-8 // y :, -8 // x :] = component.layout.full_scale if component.layout.name in "ygrb" else 0
    shown = frame.reformat(format="rgb24").to_ndarray().astype(int)
    assert np.ptp(shown[:20, :52]) == 0
    assert np.abs(shown[-2:, -2:] - shown[0, 0]).max() > 60


@pytest.mark.parametrize("name", NATIVE)
def test_views_have_the_size_of_their_component(name: str) -> None:
    for component in planes.components(blank(name)):
        layout = component.layout
        assert component.view.shape == (-(-17 // layout.step_y), -(-33 // layout.step_x))
        assert component.view.dtype == (np.uint16 if layout.bits > 8 else np.uint8)


@pytest.mark.parametrize(("name", "near"), FOREIGN.items())
def test_foreign_formats_name_a_native_one(name: str, near: str) -> None:
    assert not layouts.native(name)
    assert layouts.nearest(name) == near
    assert layouts.native(near)
    with pytest.raises(ValueError, match=name):
        planes.components(av.VideoFrame(16, 16, name))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_analysis_picture_is_upright_rgb_and_small(orientation: int) -> None:
    canvas = np.zeros((300, 600, 3), np.uint8)
    canvas[:150, :300] = (255, 0, 0)
    frame = av.VideoFrame.from_ndarray(canvas, format="rgb24")
    image = planes.AnalysisPicture(200)(frame, orientation)
    assert image.flags.c_contiguous
    assert image.shape == ((200, 100, 3) if orientation >= 5 else (100, 200, 3))
    corners = [image[2, 2, 0], image[2, -3, 0], image[-3, -3, 0], image[-3, 2, 0]]
    assert [int(c > 200) for c in corners].index(1) == {1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 1, 7: 2, 8: 3}[orientation]


def test_small_pictures_are_not_enlarged() -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((60, 80, 3), np.uint8), format="rgb24")
    assert planes.AnalysisPicture(1280)(frame, 1).shape == (60, 80, 3)
