"""What encoders in hardware are told, in their own words: they know neither crf nor the presets of x264."""

from __future__ import annotations

import re

from streamblur.settings import Settings

_NAMES = re.compile("_(nvenc|qsv|amf|vaapi|videotoolbox|v4l2m2m|mf)$")
_FAST_TO_SLOW = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
)
_PRESETS = {
    "nvenc": ("p1", "p1", "p2", "p2", "p3", "p4", "p5", "p6", "p7", "p7"),
    "qsv": ("veryfast", "veryfast", *_FAST_TO_SLOW[2:9], "veryslow"),
    "amf": (*["speed"] * 5, "balanced", *["quality"] * 4),
}
_GOOD = 20


def kind(name: str) -> str:
    """``nvenc`` for ``h264_nvenc`` and so on; empty for an encoder that needs no hardware."""
    found = _NAMES.search(name)
    return found[1] if found else ""


def has_quality(name: str) -> bool:
    """Whether ``--crf`` means something to it: on its own scale, which is near that of H.264."""
    return kind(name) in ("nvenc", "qsv") or name in ("h264_amf", "hevc_amf")


def options(settings: Settings, name: str) -> dict[str, str]:
    """Its preset (one that is none of x264's is its own) and its quality; empty for encoders that need no hardware."""
    made = kind(name)
    told: dict[str, str] = {}
    if made in _PRESETS:
        wish = settings.preset
        told["preset"] = _PRESETS[made][_FAST_TO_SLOW.index(wish)] if wish in _FAST_TO_SLOW else wish
    quality = str(max(1, _GOOD if settings.crf is None else settings.crf))
    if made == "nvenc":
        told |= {"rc": "vbr", "cq": quality}
    elif made == "qsv":
        told["global_quality"] = quality
    elif has_quality(name):
        told |= {"rc": "cqp", "qp_i": quality, "qp_p": quality}
    return told
