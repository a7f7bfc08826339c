"""A clip with two moving faces, and in it the number of each frame as a strip of Gray code."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from numpy.typing import NDArray

from streamblur.planes import luma
from streamblur.values import Box

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))  # the scenes exist once, there
from scenes import Scene, sway, walk

RATE = 30
SIZE = (1280, 720)
BITS, SIDE = 16, 16
"""Bits of the strip, and the side in pixels of each; it lies in the lower left corner, where no face goes."""


def scene(frames: int) -> Scene:
    """One face sways, the other walks in from the left, through and out again, over and over."""

    def walker(number: int) -> tuple[float, float, float] | None:
        return walk((-80, 260), (8, 0), 90, 0, 180)(number % 240)

    return Scene([sway(820, 380, 130, 160, 90), walker], frames=frames, size=SIZE)


def make(place: Path, frames: int) -> list[list[Box]]:
    """Write the clip; the true faces of each of its frames."""
    truth: list[list[Box]] = []
    with av.open(place, "w") as output:
        stream: Any = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, (canvas, faces) in enumerate(scene(frames).pictures()):
            picture = av.VideoFrame.from_ndarray(canvas, format="rgb24").reformat(format="yuv420p")
            write_number(picture, number)
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(picture))
            truth.append(faces)
        output.mux(stream.encode(None))
    return truth


def write_number(picture: av.VideoFrame, number: int) -> None:
    """Draw the strip. Of Gray code, so that a bit misread makes an error of one, not of many."""
    code = number ^ number >> 1
    view = luma(picture).view
    for bit in range(BITS):
        view[-SIDE:, bit * SIDE : (bit + 1) * SIDE] = 235 if code >> bit & 1 else 16


def read_number(view: NDArray[Any]) -> int:
    """The number in the strip of this luma."""
    middle = view[-SIDE // 2, SIDE // 2 : BITS * SIDE : SIDE] > 126
    code = sum(1 << bit for bit, on in enumerate(middle) if on)
    number = 0
    while code:
        number ^= code
        code >>= 1
    return number
