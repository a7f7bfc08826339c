"""Frames as pictures of Pillow, and as files: only pixels go into them, and what the user asked to keep."""

from __future__ import annotations

import itertools
import struct
import zlib
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from av import VideoFrame
from av.codec.context import Flags
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from streamblur.planes import components
from streamblur.sinks._indexed import indexed
from streamblur.values import Written

_ORDER = {1: (0,), 3: (2, 0, 1), 4: (2, 0, 1, 3)}
_HOLDS_DATE = frozenset(["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
_HOLDS_PROFILE = _HOLDS_DATE
_EXIF, _DATE_TAKEN = 0x8769, 0x9003
_INCH, _PNG_HEADER = 0.0254, 33
"""Metres; and bytes up to the end of a PNG's first chunk."""
_DEEP_OPTIONS = {"raw": "raw", "tiff_lzw": "lzw", "packbits": "packbits"}


def pixels_of(picture: VideoFrame) -> NDArray[Any]:
    """The pixels as (height, width), (.., 3) red, green, blue or (.., 4) with alpha; 8 or 16 bit.

    Of a format with colour differences these, each repeated where it is shared: an encoder that takes the mean of them
    gets the same value again.
    """
    if picture.format.name.startswith("yuv"):
        return _repeated(picture)
    if not picture.format.name.endswith("16le"):
        return picture.to_ndarray()
    planes = [np.frombuffer(memoryview(p), np.uint16).reshape(-1, p.line_size // 2) for p in picture.planes]
    levels = [planes[n][: picture.height, : picture.width] for n in _ORDER[len(planes)]]
    return np.stack(levels, -1) if len(levels) > 1 else np.ascontiguousarray(levels[0])


def _repeated(picture: VideoFrame) -> NDArray[np.uint8]:
    whole = np.empty((picture.height, picture.width, 3), np.uint8)
    for number, component in enumerate(components(picture)):
        x, y = component.layout.step_x, component.layout.step_y
        for row in range(y):
            for column in range(x):
                part = whole[row::y, column::x, number]
                part[:] = component.view[: part.shape[0], : part.shape[1]]
    return whole


def image_of(pixels: NDArray[Any], mode: str) -> Image.Image:
    """Pixels as the kind of picture that the original was."""
    if mode == "as stored":
        return Image.frombuffer("YCbCr", (pixels.shape[1], pixels.shape[0]), pixels, "raw", "YCbCr", 0, 1)
    image = Image.fromarray(pixels)
    if mode == "1" and image.mode == "L":
        return image.convert("1", dither=Image.Dither.NONE)
    if mode == "LA" and image.mode == "RGBA":
        return Image.merge("LA", (image.getchannel("R"), image.getchannel("A")))
    return image


class _TiffWriter(TiffImagePlugin.AppendingTiffWriter):
    """Pillow's, which Python closes once more when it is thrown away, after the file that it writes to."""

    def close(self) -> None:
        if not self.f.closed:
            super().close()


class Pages:
    """A file of pictures that have nothing to do with each other, each written when it comes."""

    def __init__(self, file: IO[bytes], how: Written) -> None:
        self._how = how
        self._several = how.format == "TIFF"
        self._file = _TiffWriter(file) if self._several else file
        self.count = 0

    def add(self, pixels: NDArray[Any]) -> None:
        """Write one picture. Raises OSError or ValueError when that cannot be done."""
        how, number = self._how, self.count
        self.count += 1
        wipe(pixels)
        if pixels.dtype == np.uint16 and pixels.ndim == 3:
            self._file.write(deep(pixels, how))
            return
        options, image = _options(how), image_of(pixels, how.modes[number])
        if how.format == "GIF":
            image = indexed(np.asarray(image.convert("RGBA")), how.palettes[number])
        if options.get("compression") == "group4" and image.mode != "1":
            options["compression"] = "tiff_adobe_deflate"
        image.save(self._file, how.format, **options)
        if isinstance(self._file, _TiffWriter):
            self._file.newFrame()

    def finish(self) -> None:
        """All is written already."""


class Animation:
    """A file of one moving picture, written when its last frame is known."""

    def __init__(self, file: IO[bytes], how: Written) -> None:
        self._file, self._how = file, how
        self._images: list[Image.Image] = []

    @property
    def count(self) -> int:
        return len(self._images)

    def add(self, pixels: NDArray[Any]) -> None:
        """Take one frame, of 8 bits a colour with transparency."""
        wipe(pixels)
        self._images.append(Image.fromarray(pixels))

    def finish(self) -> None:
        """Write all frames. Raises OSError or ValueError when that cannot be done."""
        how, images = self._how, _opaque(self._images)
        options = _options(how) | {"save_all": True, "append_images": images[1:]}
        options["duration"] = [round(lasts) for lasts in how.durations]
        if how.format == "PNG":
            options |= {"disposal": _disposals(images), "blend": 0}
        images[0].save(self._file, how.format, **options)


def wipe(pixels: NDArray[Any]) -> None:
    """Black where nothing shows: a mask may have reached under what is transparent."""
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels[pixels[..., 3] == 0] = 0


def _disposals(images: list[Image.Image]) -> list[int]:
    """What becomes of each frame; two that look the same must differ in it, or Pillow would join them."""
    found = [0]
    for before, now in itertools.pairwise(images):
        found.append(1 - found[-1] if before.tobytes() == now.tobytes() else 0)
    return found


def _opaque(images: list[Image.Image]) -> list[Image.Image]:
    """Without the transparency channel when nothing is transparent."""
    if any(i.getchannel("A").getextrema() != (255, 255) for i in images):
        return images
    return [i.convert("RGB") for i in images]


def _options(how: Written) -> dict[str, Any]:
    options = dict(how.options)
    date = options.pop("date", "")
    if date and how.format in _HOLDS_DATE:
        exif = Image.Exif()
        exif.get_ifd(_EXIF)[_DATE_TAKEN] = date
        options["exif"] = exif.tobytes()
    if how.format not in _HOLDS_PROFILE:
        options.pop("icc_profile", None)
    return options


def deep(pixels: NDArray[np.uint16], how: Written) -> bytes:
    """A PNG or TIFF of 16 bits a colour."""
    name = how.format.lower()
    form = f"{'rgba64' if pixels.shape[2] == 4 else 'rgb48'}{'be' if name == 'png' else 'le'}"
    codec: Any = av.CodecContext.create(name, "w")
    codec.width, codec.height, codec.pix_fmt = pixels.shape[1], pixels.shape[0], form
    codec.time_base = Fraction(1)
    codec.flags |= Flags.bitexact  # no name of the writing program
    across, down = how.options.get("dpi", (0, 0))
    if name == "tiff":
        codec.options = {"compression_algo": _DEEP_OPTIONS.get(how.options["compression"], "deflate")}
        codec.options |= {"dpi": str(across)} if across and across == down else {}
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), form)
    file = b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode(None)))
    return _with_density(file, across, down) if name == "png" and across else file


def _with_density(png: bytes, across: int, down: int) -> bytes:
    """The file with a chunk that says how many pixels go on an inch, after its header (PNG specification, 11.3.4.3)."""
    data = b"pHYs" + struct.pack(">IIB", round(across / _INCH), round(down / _INCH), 1)
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return png[:_PNG_HEADER] + chunk + png[_PNG_HEADER:]
