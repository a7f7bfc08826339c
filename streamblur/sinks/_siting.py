"""Where the colour samples lie between the samples of brightness (chroma siting), which PyAV does not tell.

FFmpeg's bitstream filters can write it into the first packet. The one value that changes nothing is there already.
"""

from __future__ import annotations

from typing import Any

import av
from av.bitstream import BitStreamFilterContext

_PLACES = ("left", "center", "topleft", "top", "bottomleft", "bottom")
"""ITU-T H.264 and H.265, chroma_sample_loc_type, by FFmpeg's names."""
_WRITERS = {
    "h264": ("h264_mp4toannexb,h264_metadata", "chroma_sample_loc_type", dict(enumerate(_PLACES))),
    "hevc": ("hevc_mp4toannexb,hevc_metadata", "chroma_sample_loc_type", dict(enumerate(_PLACES))),
    "av1": ("av1_metadata", "chroma_sample_position", {1: "left", 2: "topleft"}),
}


def siting(container: Any, stream: Any) -> str | None:
    """FFmpeg's name for where the samples lie, read off the first packet of ``stream``, which is then gone.

    None when the codec (or this file) does not say, or when the packet is damaged.
    """
    if stream.codec_context.codec.canonical_name not in _WRITERS:
        return None
    filters, option, places = _WRITERS[stream.codec_context.codec.canonical_name]
    try:
        first = next(packet for packet in container.demux(stream) if packet.size)
        now = _through(filters, stream, first)
        said = (name for value, name in places.items() if _through(f"{filters}={option}={value}", stream, first) == now)
        return next(said, None)
    except (av.FFmpegError, OSError, ValueError, StopIteration):
        return None


def _through(filters: str, stream: Any, packet: Any) -> bytes:
    copy: Any = av.Packet(bytes(packet))
    copy.pts, copy.dts, copy.time_base, copy.is_keyframe = packet.pts, packet.dts, packet.time_base, True
    return b"".join(bytes(each) for each in BitStreamFilterContext(filters, stream).filter(copy))
