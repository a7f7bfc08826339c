"""Decoding on a device instead of the processor, where there is one."""

from __future__ import annotations

import av
from av.codec.hwaccel import HWAccel, hwdevices_available

from streamblur.errors import SettingsError

_PREFERRED = ("videotoolbox", "cuda", "vaapi", "d3d11va", "qsv")


def decoding_device(name: str) -> tuple[HWAccel | None, tuple[str, ...]]:
    """The device that ``--hwaccel`` names (``auto``: the first that can be opened), and a sentence when there is none.

    Its pictures are brought back into memory; what it cannot decode, the processor does.
    Raises SettingsError for a device that this build of FFmpeg does not know.
    """
    if name == "none":
        return None, ()
    known = hwdevices_available()
    if name not in (*known, "auto"):
        raise SettingsError(f"hwaccel is {name!r}: choose none, auto{''.join(f', {each}' for each in known)}.")
    for each in [each for each in _PREFERRED if each in known] if name == "auto" else [name]:
        if _opens(each):
            return HWAccel(each), ()
    what = "no device to decode with was found" if name == "auto" else f"{name} cannot decode here"
    return None, (f"{what}: the processor did it",)


def _opens(name: str) -> bool:
    try:
        return bool(av.CodecContext.create("h264", "r", hwaccel=HWAccel(name)).is_hwaccel)
    except (av.FFmpegError, OSError, ValueError, NotImplementedError, RuntimeError):
        return False
