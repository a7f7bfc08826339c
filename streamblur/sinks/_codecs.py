"""Which container a suffix means, which encoder goes in it, and what the encoder is told."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from streamblur.errors import OutputError
from streamblur.settings import Settings
from streamblur.sinks import _accelerated
from streamblur.sinks._threads import usual
from streamblur.values import StreamInfo


@dataclass(frozen=True, slots=True)
class Container:
    """A container by its suffix: FFmpeg's name for it, the encoders for 8 bits and for more, whether it can turn."""

    format: str
    usual: str
    deep: str
    turns: bool


CONTAINERS = {
    ".mp4": Container("mp4", "libx264", "libx265", True),
    ".m4v": Container("mp4", "libx264", "libx265", True),
    ".mov": Container("mov", "libx264", "libx265", True),
    ".mkv": Container("matroska", "libx264", "libx265", True),
    ".webm": Container("webm", "libvpx-vp9", "libsvtav1", True),
    ".avi": Container("avi", "libx264", "ffv1", False),
    ".ts": Container("mpegts", "libx264", "libx265", False),
    ".flv": Container("flv", "libx264", "libx265", False),
    ".gif": Container("gif", "gif", "gif", False),
}
_SAME = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp8": "libvpx",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
    "prores": "prores_ks",
}
_ANY = frozenset(_SAME) - {"prores"}
_USUAL = {
    "mp4": frozenset(["h264", "hevc", "vp9", "av1"]),
    "mov": frozenset(["h264", "hevc", "prores"]),
    "matroska": _ANY,
    "webm": frozenset(["vp8", "vp9", "av1"]),
    "avi": frozenset(["h264", "ffv1"]),
    "mpegts": frozenset(["h264", "hevc"]),
    "flv": frozenset(["h264"]),
}
"""The codecs that players expect in a container, of those that can be written well."""
_QUALITY = {"libx264": 18, "libx265": 18, "libvpx-vp9": 24, "libvpx": 16, "libsvtav1": 20}
"""Where what is not hidden keeps 42 dB and more of brightness on the hardest clips tried (benchmarks/fidelity)."""
ROOM = 100_000_000
"""Bits a second that VP8 may use at most."""
_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
_VPX_SPEED = (8, 7, 6, 5, 4, 3, 2, 1, 0, 0)
_SVT_SPEED = (13, 12, 11, 10, 9, 8, 6, 4, 3, 2)
_SMALLEST_TICK = {"mpeg4": Fraction(1, 60000)}
_FIXED_RATE = frozenset(["mpeg1video", "mpeg2video", "h263", "dvvideo", "dnxhd"])


def container(place: Path) -> Container:
    """The container that the suffix of ``place`` means. Raises OutputError for an unknown one."""
    if found := CONTAINERS.get(place.suffix.lower()):
        return found
    raise OutputError(f"{place} has no suffix of a video file: end it with one of {', '.join(CONTAINERS)}.")


def encoders(settings: Settings, chosen: Container, bits: int, before: str | None) -> tuple[str, ...]:
    """The encoders to try, best first: with ``auto`` that of the codec ``before`` where the container usually holds
    it, then the container's own.

    VP9 of more than 8 bits is left out: its encoder cannot be told of HDR.
    Raises OutputError when there is no video encoder of the name asked for.
    """
    name = settings.codec
    if name == "auto":
        own = chosen.deep if bits > 8 else chosen.usual
        if before is not None and before in _USUAL.get(chosen.format, ()) and not (before == "vp9" and bits > 8):
            return tuple(dict.fromkeys([_SAME[before], own]))
        return (own,)
    try:
        if av.Codec(name, "w").type == "video":
            return (av.Codec(name, "w").name,)
    except (av.FFmpegError, ValueError):
        pass
    raise OutputError(f"{name} is not a video encoder here: use auto, libx264, libx265, libvpx-vp9 or libsvtav1.")


def known(context: Any) -> frozenset[str]:
    """The options of an encoder itself. PyAV tells them from 18 on, which needs Python 3.11; before, a table does."""
    told = getattr(context, "supported_options", None)
    if told is not None:
        return frozenset(option.name for option in told.private)
    names = {"crf": "libx26|libvpx|libsvtav1", "preset": "libx26|libsvtav1|nvenc|qsv", "a53cc": "libx26|nvenc"}
    names["udu_sei"] = names["a53cc"]
    return frozenset(option for option, encoders in names.items() if re.search(encoders, context.name))


def options(settings: Settings, name: str, known: frozenset[str]) -> dict[str, str]:
    """What the encoder is told: preset and quality as in FFmpeg, no captions, no messages on the terminal.

    ``known`` are the encoder's own options. Raises OutputError for a preset it does not have.
    """
    told: dict[str, str] = {key: "0" for key in ("a53cc", "udu_sei", "s12m_tc") if key in known}
    told |= _speed(settings.preset, name, known)
    if "crf" in known:
        told["crf"] = str(settings.crf if settings.crf is not None else _QUALITY.get(name, 20))
    told |= _accelerated.options(settings, name)
    if name == "libx265":
        told["x265-params"] = "log-level=none:info=0"
    if name == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # errors only: it writes to the terminal itself, past FFmpeg's log
    if name == "ffv1":
        told |= {"level": "3", "slicecrc": "1"}
    if name == "mjpeg":
        told["strict"] = "unofficial"  # limited range in JPEG is widely read, and converting would change every pixel
    return told


_LONG_SIGHTED = (("libx264", "fast"), ("libx264", "medium"))


def _speed(preset: str, name: str, known: frozenset[str]) -> dict[str, str]:
    if name in ("libx264", "libx265"):
        _step(preset, name)
        # Frames x264 looks ahead are frames in memory: 15 instead of its 30 or 40 take 160 MB less at 1080p. The
        # file is as good for its size (10 instead of 20: 3 % smaller, 0.04 dB worse, on a gallery at crf 23).
        return {"preset": preset} | ({"rc-lookahead": "15"} if (name, preset) in _LONG_SIGHTED else {})
    if name.startswith("libvpx"):
        more = {"row-mt": "1"} if name == "libvpx-vp9" else {}
        return {"deadline": "good", "cpu-used": str(_VPX_SPEED[_step(preset, name)])} | more
    if name == "libsvtav1":
        return {"preset": preset if preset.isdigit() else str(_SVT_SPEED[_step(preset, name)])}
    return {"preset": preset} if "preset" in known and preset != "medium" and not _accelerated.kind(name) else {}


def _step(preset: str, name: str) -> int:
    if preset in _PRESETS:
        return _PRESETS.index(preset)
    raise OutputError(f"{name} has no preset {preset}: choose one of {', '.join(_PRESETS)}.")


def ignored(settings: Settings, name: str, known: frozenset[str]) -> tuple[str, ...]:
    """A sentence when the encoder has no such quality as was asked for."""
    deaf = settings.crf is not None and "crf" not in known and not _accelerated.has_quality(name)
    return (f"--crf does nothing: {name} has no such quality",) if deaf else ()


def opened(context: Any, place: Path) -> None:
    """Open a trial encoder and close it. Raises OutputError when it cannot be, before any frame is decoded for it."""
    try:
        context.open()
        usual()
    except (av.FFmpegError, ValueError) as error:
        name = context.name
        why = f"{name} needs hardware or a driver that is not here" if _accelerated.kind(name) else f"{name} refuses it"
        raise OutputError(f"{place} cannot be encoded: {why}. Use --codec auto.") from error


def quarter_colour(pixels: str) -> bool:
    """Whether the format has one colour sample for four of brightness: only there it matters where it lies."""
    return "420" in pixels or pixels.startswith(("nv12", "nv21", "p01"))


def lossy_quality(name: str, known: frozenset[str]) -> int | None:
    """The fixed quality, in FFmpeg's lambda units, of the MPEG-4 family, which knows no crf; None for all others."""
    old = ("mpeg4", "mjpeg", "msmpeg4", "msmpeg4v2", "flv", "h263", "h263p", "mpeg1video", "mpeg2video", "wmv1", "wmv2")
    return 3 * 118 if name in old and "crf" not in known else None


def ticks(info: StreamInfo, chosen: Container, name: str) -> tuple[Fraction, bool]:
    """The time base to encode in, and whether every frame must fall on it exactly (no varying frame times)."""
    if name == "gif":
        return Fraction(1, 100), False
    if info.rate and (chosen.format == "avi" or name in _FIXED_RATE):
        return 1 / info.rate, True
    return max(info.time_base, _SMALLEST_TICK.get(name, info.time_base)), False
