"""How bright an HDR picture may be and on what screen it was made: read off a picture, told to an encoder.

SMPTE ST 2086 (mastering display) and CTA-861.3 (content light level), as FFmpeg lays them out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from av import VideoFrame

from streamblur.sinks._tags import beside

_SCREEN = "MASTERING_DISPLAY_METADATA"
_LEVELS = "CONTENT_LIGHT_LEVEL"


@dataclass(frozen=True, slots=True)
class Light:
    """``screen`` holds x, y of red, green, blue and white, then least and most brightness in cd/m2 (None: not said);
    ``levels`` the brightest sample and the brightest picture in cd/m2 (None: not said)."""

    screen: tuple[Fraction, ...] | None
    levels: tuple[int, int] | None


def light(picture: VideoFrame) -> Light:
    """What the picture says of its light."""
    found = beside(picture)
    levels = struct.unpack("=II", found[_LEVELS][:8]) if _LEVELS in found else None
    return Light(_screen(found.get(_SCREEN, b"")), levels)


def _screen(data: bytes) -> tuple[Fraction, ...] | None:
    """AVMasteringDisplayMetadata: ten rationals, then whether colours and brightness are there."""
    if len(data) < 88:
        return None
    numbers = struct.unpack("=22i", data[:88])
    if not (numbers[20] and numbers[21]) or not all(numbers[1:20:2]):
        return None
    return tuple(Fraction(numbers[i], numbers[i + 1]) for i in range(0, 20, 2))


def options(encoder: str, lit: Light) -> dict[str, str]:
    """What the encoder is told of it, as more of its own parameters; empty when it cannot be told or there is none."""
    if encoder in ("libx264", "libx265"):
        screen, levels = ("mastering-display", "cll") if encoder == "libx264" else ("master-display", "max-cll")
        told = [f"{screen}={_whole(lit.screen)}"] if lit.screen else []
        told += [f"{levels}={lit.levels[0]},{lit.levels[1]}"] if lit.levels else []
        return {f"{encoder[3:]}-params": ":".join(told)} if told else {}
    if encoder == "libsvtav1":
        told = [f"mastering-display={_decimal(lit.screen)}"] if lit.screen else []
        told += [f"content-light={lit.levels[0]},{lit.levels[1]}"] if lit.levels else []
        return {"svtav1-params": ":".join(told)} if told else {}
    return {}


def _whole(screen: tuple[Fraction, ...]) -> str:
    """In steps of 0.00002 for colours and 0.0001 cd/m2 for brightness."""
    return _written([str(round(v * 50000)) for v in screen[:8]], [str(round(v * 10000)) for v in screen[8:]])


def _decimal(screen: tuple[Fraction, ...]) -> str:
    return _written([f"{float(v):.5f}" for v in screen[:8]], [f"{float(v):.4f}" for v in screen[8:]])


def _written(c: list[str], brightness: list[str]) -> str:
    least, most = brightness
    return f"G({c[2]},{c[3]})B({c[4]},{c[5]})R({c[0]},{c[1]})WP({c[6]},{c[7]})L({most},{least})"
