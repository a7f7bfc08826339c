"""Pictures as frames: the pixels of Pillow, arrays, and files of 16 bits a colour, in a native format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from streamblur.errors import InputError
from streamblur.planes import turned
from streamblur.sources._open import readable

_PACKED = {(2, 1): "gray", (3, 3): "rgb24", (3, 4): "rgba"}
_DEEP = {1: "gray16le", 3: "gbrp16le", 4: "gbrap16le"}
_ORDER = {1: (0,), 3: (1, 2, 0), 4: (1, 2, 0, 3)}
"""Where the planes of these formats lie in red, green, blue, alpha."""
_TIFF_BITS, _TIFF_KIND = 258, 262


def frame_of(pixels: NDArray[Any], orientation: int = 1) -> VideoFrame:
    """Pixels of shape (height, width), (.., 3) or (.., 4), 8 or 16 bit, as a frame, turned as they are shown."""
    upright = turned(pixels, orientation)
    if upright.dtype == np.uint8:
        packed = _PACKED[upright.ndim, upright.shape[2] if upright.ndim == 3 else 1]
        return VideoFrame.from_ndarray(np.ascontiguousarray(upright), packed)
    levels = upright[..., None] if upright.ndim == 2 else upright
    height, width, count = levels.shape
    frame = VideoFrame(width, height, _DEEP[count])
    for plane, level in zip(frame.planes, _ORDER[count], strict=True):
        memory: NDArray[Any] = np.frombuffer(memoryview(plane), np.uint16).reshape(-1, plane.line_size // 2)
        memory[:height, :width] = levels[..., level]
    return frame


def is_deep(image: Image.Image, head: bytes) -> bool:
    """Whether a PNG or TIFF (of one page) holds 16 bits a colour, of which Pillow would read eight."""
    if image.format == "PNG":
        return head[24:25] == b"\x10" and (head[25:26] != b"\0" or "transparency" in image.info)
    tags = getattr(image, "tag_v2", {})
    one_page = getattr(image, "n_frames", 1) == 1
    return one_page and set(tags.get(_TIFF_BITS, ())) == {16} and tags.get(_TIFF_KIND) == 2


def loses_bits(image: Image.Image, head: bytes, place: Path, is_srgb: bool) -> bool:
    """Whether the file holds more than 8 bits a colour, of which only 8 are read.

    An AVIF says so in bits 6 and 5 of the third byte of its av1C box (AV1 in ISOBMFF, 2.3.3).
    """
    if image.format != "AVIF":
        return is_deep(image, head) and not is_srgb
    with readable(place) as file:
        head = file.read(1 << 16)
    at = head.find(b"av1C")
    return 0 <= at < len(head) - 6 and bool(head[at + 6] & 0x60)


def deep(place: Path, name: str) -> NDArray[np.uint16]:
    """All 16 bits of the PNG or TIFF, as (height, width, 3 or 4), black where nothing shows."""
    options = {"format_whitelist": f"{name}_pipe", "codec_whitelist": name, "protocol_whitelist": ""}
    try:
        with readable(place) as file:
            container: Any = av.open(file, "r", format=f"{name}_pipe", options=options)
            with container:
                picture = next(container.decode(video=0))
            has_alpha = any(c.is_alpha for c in picture.format.components)
            wide: NDArray[np.uint16] = picture.to_ndarray(format="rgba64le" if has_alpha else "rgb48le").copy()
    except (av.FFmpegError, OSError, ValueError, StopIteration) as error:
        raise InputError(f"{place} cannot be read as a picture: it is damaged or cut off. Copy it again.") from error
    if has_alpha:
        wide[wide[..., 3] == 0] = 0
    return wide
