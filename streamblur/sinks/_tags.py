"""What a player must know to show the picture as before: colour, pixel shape, how it is turned."""

from __future__ import annotations

import struct
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from av import VideoFrame
from av.filter import Graph
from av.video.stream import VideoStream

from streamblur import planes
from streamblur.errors import OutputError

_TURNS = {
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}
_OTHER = "unknown"
_LIGHT = {
    "MASTERING_DISPLAY_METADATA": "the HDR mastering display data",
    "CONTENT_LIGHT_LEVEL": "the HDR light levels",
}
_EXTRAS = {
    "DYNAMIC_HDR_PLUS": "the HDR10+ data",
    "DYNAMIC_HDR_VIVID": "the HDR Vivid data",
    "DOVI_METADATA": "the Dolby Vision data: players show the HDR picture under it",
    "AMBIENT_VIEWING_ENVIRONMENT": "the ambient light data",
    "A53_CC": "the closed captions",
    "S12M_TIMECODE": "the timecode",
    "GOP_TIMECODE": "the timecode",
    "SPHERICAL": "the 360 degree projection: players show the picture flat",
    "STEREO3D": "the arrangement of the two eyes' pictures",
    "ICC_PROFILE": "the colour profile (ICC)",
    _OTHER: "what was written beside the picture, such as EXIF",
}
_SINGLE = frozenset(["mjpeg", "png", "apng", "gif", "tiff", "libwebp", "libwebp_anim", "ljpeg", "jpegls", "jpeg2000"])
_INSIDE = frozenset([_OTHER, "ICC_PROFILE"])
"""What encoders of single pictures would write into every frame."""
_FIELDS = frozenset(["libx264", "mpeg2video", "mpeg4", "prores_ks"])
_INTERLACED = 0x40000 | 0x20000000  # AV_CODEC_FLAG_INTERLACED_DCT and _ME
_OWN_SHAPE = frozenset(["libx264", "libx264rgb", "libx265", "mpeg4", "mpeg2video", "mjpeg"])
_UNSPECIFIED, _RGB, _FULL = 2, 0, 2


def matrix(orientation: int, width: int, height: int) -> list[int] | None:
    """The display matrix (ISO/IEC 14496-12, nine fixed-point numbers) for an EXIF orientation; None when it is 1.

    The shifts bring the turned picture of ``width`` x ``height`` back to the origin.
    """
    if orientation not in _TURNS:
        return None
    a, b, c, d = _TURNS[orientation]
    right = width * (a < 0) + height * (c < 0)
    down = width * (b < 0) + height * (d < 0)
    return [a << 16, b << 16, 0, c << 16, d << 16, 0, right << 16, down << 16, 1 << 30]


def colour(stream: VideoStream, picture: VideoFrame, before: str) -> None:
    """Give the stream the colour tags of the picture that is going to be encoded.

    ``before`` is the format it had: "yuvj" means full range, and so does gray that says nothing.
    """
    context = stream.codec_context
    full = before.startswith("yuvj") or (before.startswith("gray") and not picture.color_range)
    context.color_range = _FULL if full else picture.color_range
    context.color_primaries = picture.color_primaries
    context.color_trc = picture.color_trc
    is_rgb = picture.format.is_rgb
    wrong = picture.colorspace == _RGB and not is_rgb
    context.colorspace = _RGB if is_rgb else _UNSPECIFIED if wrong else picture.colorspace


def pixel_shape(stream: VideoStream, shape: Fraction | None, format_name: str) -> bool:
    """Pixels that are not square stay so. False where neither the codec nor the container can say it.

    PyAV reaches only the codec's own tag; of the containers, MP4 and MOV take theirs from it.
    """
    if not shape or shape <= 0 or shape == 1:
        return True
    stream.codec_context.sample_aspect_ratio = shape
    return format_name in ("mp4", "mov") or stream.codec_context.name in _OWN_SHAPE


def interlaced(stream: VideoStream, picture: VideoFrame, before: VideoFrame) -> tuple[str, ...]:
    """Code a picture of two fields as two fields, in their order; the sentence to tell where that cannot be.

    ``before`` is the picture before it was repacked, which loses the order.
    """
    if not before.interlaced_frame:
        return ()
    name = stream.codec_context.name
    if name not in _FIELDS or not picture.interlaced_frame:
        why = f"{name} has no fields" if name not in _FIELDS else f"{before.format.name} was repacked"
        return (f"the interlaced picture is coded as progressive: {why}",)
    stream.codec_context.flags |= _INTERLACED
    return ()


def beside(picture: VideoFrame) -> dict[str, bytes]:
    """The extra data of a picture, by FFmpeg's name for its kind.

    PyAV remembers where a frame's extra data lay when it was first asked for; ``make_writable`` moves it, and what is
    read then is memory that was given back. So a second reference to the picture is asked, never the frame itself.
    """
    graph = Graph()
    start = graph.add_buffer(width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1))
    end = graph.add("buffersink")
    start.link_to(end)
    graph.configure()
    graph.push(picture)
    try:
        sides: Any = graph.pull().side_data
    except ValueError:  # PyAV 18 knows not all kinds, such as EXIF, and then shows none
        return {_OTHER: b""}
    return {data.type.name: bytes(data) for data in sides}


def lost(picture: VideoFrame, place: Path, lit: bool) -> tuple[str, ...]:
    """One sentence for each kind of extra data on the first picture that is not written again.

    ``lit`` says that the light data is. Raises OutputError for Dolby Vision without a picture for other screens:
    its colours would come out wrong.
    """
    found = beside(picture)
    if "DOVI_METADATA" in found and _dolby_only(found["DOVI_METADATA"]):
        raise OutputError(f"{place} cannot be written: the input is pure Dolby Vision. Convert it to HDR10 first.")
    extras = _EXTRAS if lit else _EXTRAS | _LIGHT
    return tuple(dict.fromkeys(f"dropped {words}" for name, words in extras.items() if name in found))


def _dolby_only(data: bytes) -> bool:
    """Whether AVDOVIMetadata, which begins with the offset of its header, is of profile 5 (vdr_rpu_profile 0)."""
    start = int.from_bytes(data[: struct.calcsize("N")], sys.byteorder)
    return data[start + 4 : start + 5] == b"\0"


def bare(picture: VideoFrame, encoder: str) -> VideoFrame:
    """The picture without what an encoder of single pictures would write beside its pixels."""
    if encoder not in _SINGLE or not beside(picture).keys() & _INSIDE:
        return picture
    new = VideoFrame(picture.width, picture.height, picture.format.name)
    for old, plane in zip(planes.components(picture), planes.components(new), strict=True):
        plane.view[:] = old.view
    new.duration = picture.duration
    new.colorspace, new.color_range = picture.colorspace, picture.color_range
    new.color_primaries, new.color_trc = picture.color_primaries, picture.color_trc
    return new
