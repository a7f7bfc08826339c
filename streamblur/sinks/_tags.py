"""What a player must know to show the picture as before: colour, pixel shape, how it is turned."""

from __future__ import annotations

from fractions import Fraction

from av import VideoFrame
from av.video.stream import VideoStream

_TURNS = {
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}
_EXTRAS = {
    "MASTERING_DISPLAY_METADATA": "the HDR mastering display data",
    "CONTENT_LIGHT_LEVEL": "the HDR light levels",
    "DYNAMIC_HDR_PLUS": "the HDR10+ data",
    "DOVI_METADATA": "the Dolby Vision data",
    "A53_CC": "the closed captions",
}
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


def interlaced(stream: VideoStream, picture: VideoFrame) -> tuple[str, ...]:
    """Code a picture of two fields as two fields; the sentence to tell where the encoder cannot."""
    if not picture.interlaced_frame:
        return ()
    if stream.codec_context.name not in _FIELDS:
        return (f"the interlaced picture is coded as progressive: {stream.codec_context.name} has no fields",)
    stream.codec_context.flags |= _INTERLACED
    return ()


def lost(picture: VideoFrame) -> tuple[str, ...]:
    """One sentence for each kind of extra data on the first picture that is not written again."""
    found = {data.type.name for data in picture.side_data}  # type: ignore[attr-defined]  # the stubs know a plain dict
    return tuple(f"dropped {words}" for name, words in _EXTRAS.items() if name in found)
