"""JPEG as it is stored: brightness and colour differences apart, the latter as coarse as they are.

Samples that never become RGB are stored again as they were, with the same tables: 59 dB and more where nothing was
hidden, 10 dB above the way over RGB.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from av import VideoFrame
from av.container import InputContainer
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from streamblur.errors import InputError
from streamblur.planes import components, turned
from streamblur.sources._open import readable

_SAMPLINGS = {"yuvj444p": 0, "yuvj422p": 1, "yuvj420p": 2, "gray": -1}
_WHOLE = "yuvj444p"


def native(place: Path, image: Image.Image, orientation: int) -> VideoFrame | None:
    """The picture as stored, upright; None where only Pillow knows its colours. Raises InputError when it is damaged.

    ``image`` is the same picture, of which only the header was read.
    """
    if image.mode not in ("RGB", "L") or image.info.get("adobe_transform", 1) != 1:
        return None
    picture = _decoded(place)
    expected = -1 if image.mode == "L" else JpegImagePlugin.get_sampling(image)
    form = picture.format.name
    if _SAMPLINGS.get(form, -2) != expected or (picture.width, picture.height) != image.size:
        return None
    return picture if orientation == 1 else _upright(picture, orientation)


def whole(image: Image.Image) -> None:
    """Raise OSError when the picture is cut off, which FFmpeg does not tell: decode it to an eighth, for a tenth of the
    time. The image is of no other use then."""
    image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()


def _decoded(place: Path) -> VideoFrame:
    options = {"format_whitelist": "jpeg_pipe", "codec_whitelist": "mjpeg", "protocol_whitelist": ""}
    try:
        with readable(place) as file:
            container: Any = av.open(file, "r", format="jpeg_pipe", options=options)
            with container:
                return _first(container)
    except (av.FFmpegError, OSError, ValueError, StopIteration) as error:
        raise InputError(f"{place} cannot be read as a picture: it is damaged or cut off. Copy it again.") from error


def _first(container: InputContainer) -> VideoFrame:
    return next(container.decode(video=0))


def _upright(picture: VideoFrame, orientation: int) -> VideoFrame:
    """Turned as it is shown. Colour that is halved across only is doubled before it is turned by a quarter."""
    swapped = orientation >= 5
    form = _WHOLE if swapped and picture.format.name == "yuvj422p" else picture.format.name
    size = (picture.height, picture.width) if swapped else (picture.width, picture.height)
    result = VideoFrame(*size, form)
    result.color_range, result.colorspace = picture.color_range, picture.colorspace
    for old, new in zip(components(picture), components(result), strict=True):
        samples: NDArray[Any] = old.view
        if form != picture.format.name and old.layout.step_x == 2:
            samples = np.repeat(samples, 2, 1)[:, : picture.width]
        new.view[:] = turned(samples, orientation)
    return result
