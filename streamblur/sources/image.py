"""A picture file as a source: a photo is one frame, an animation all of its frames, a TIFF all of its pages.

Frames come upright, whole (disposal resolved) and in sRGB; nothing in the file but its pixels goes further.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from streamblur.errors import InputError
from streamblur.ports import Source
from streamblur.settings import Settings
from streamblur.sources._array import TICKS
from streamblur.sources._array import of_array as of_array
from streamblur.sources._colour import is_srgb, plain
from streamblur.sources._jpeg import native, whole
from streamblur.sources._manner import EIGHT, besides, date, orientation, written
from streamblur.sources._open import readable
from streamblur.sources._photo import frames, opened, told
from streamblur.sources._raster import deep, frame_of, is_deep, loses_bits
from streamblur.values import Frame, StreamInfo, Written

_KEPT = {"icc_profile": "the colour profile", "date": "when it was taken"}
_GREYS = ("1", "L", "LA", "I;16")
_LEAST = 1.0
"""Milliseconds that a frame counts for which none are given, so that times go up."""


def build(settings: Settings, place: Path, stored: bool = True) -> Source:
    """The picture in the file ``place``, a JPEG as ``stored`` or in the colours of a screen.

    Raises InputError when it is missing, damaged, too large, or no picture of a known format.
    """
    with ExitStack() as stack:
        file = stack.enter_context(readable(place))
        source = _ImageSource(settings, place, opened(place, file, stack), file, stored)
        source.owns(stack.pop_all())
    return source


class _ImageSource:
    """Decodes the first picture at once: only then Pillow knows all about it."""

    def __init__(self, settings: Settings, place: Path, image: Image.Image, file: BinaryIO, stored: bool) -> None:
        self._place, self._image, self._kept = place, image, settings.kept
        self._stored = stored and image.format in ("JPEG", "MPO")
        self._stack = ExitStack()
        file.seek(0)
        self._head = file.read(64)
        self._start = int(bool(getattr(image, "default_image", False)))
        self._count = frames(image)
        with told(place):
            image.seek(self._start)
            if not self._stored:
                image.load()
            self._orientation = orientation(image)
            self.written = written(image, file, self._orientation >= 5, self._count - self._start > 1)
            self._notes = self._said()
            self._first: VideoFrame | None = self._as_stored() or self._picture()
        self.info = self._described(self._first)

    def owns(self, stack: ExitStack) -> None:
        """Take over what must be closed with this source."""
        self._stack = stack

    def _described(self, first: VideoFrame) -> StreamInfo:
        return StreamInfo(
            first.width,
            first.height,
            None,
            TICKS,
            first.format.name,
            frames=self._count - self._start,
            origin=Path(os.path.abspath(self._place)),
            notes=self._notes,
            written=self._options(),
        )

    def _options(self) -> Written:
        """How to write it, with what is to be kept."""
        return replace(self.written, options={**self.written.options, **self._asked_for()})

    def _asked_for(self) -> dict[str, Any]:
        """What is to be kept, and is there: options for writing."""
        kept: dict[str, Any] = {}
        profile = self._image.info.get("icc_profile")
        if "icc" in self._kept and profile and self._image.mode != "CMYK":
            kept["icc_profile"] = profile
        if "exif.date" in self._kept and (taken := date(self._image)):
            kept["date"] = taken
        return kept

    def _said(self) -> tuple[str, ...]:
        notes = besides(self._image)
        if kept := self._asked_for():
            notes += (f"kept: {', '.join(_KEPT[key] for key in kept)}",)
        if self._image.mode == "CMYK":
            notes += ("CMYK has become RGB",)
        elif not self._is_srgb():
            notes += ("its colours are converted to sRGB",)
        if loses_bits(self._image, self._head, self._place, self._is_srgb()):
            notes += (EIGHT,)
        if self._start:
            notes += ("the still picture before the animation is dropped",)
        return notes

    def __iter__(self) -> Iterator[Frame]:
        time = 0.0
        for number in range(self._start, self._count):
            picture, self._first = self._first, None
            if picture is None:
                with told(self._place):
                    self._image.seek(number)
                    self._image.load()
                picture = self._picture()
            lasts = float(self._image.info.get("duration") or 0)
            self.written.durations.append(lasts)
            yield Frame(picture, round(time), TICKS)
            time += max(lasts, _LEAST)

    def _as_stored(self) -> VideoFrame | None:
        """A JPEG without a detour over RGB; None for what needs it."""
        if not self._stored or not self._is_srgb():
            return None
        found = native(self._place, self._image, self._orientation)
        if found is not None:
            self.written.modes.append("L" if found.format.name == "gray" else "as stored")
            whole(self._image)
        return found

    def _is_srgb(self) -> bool:
        profile = self._image.info.get("icc_profile")
        kind = "L" if self._image.mode in _GREYS else "RGB"
        return not profile or "icc" in self._kept or is_srgb(profile, kind)

    def _picture(self) -> VideoFrame:
        """The picture that Pillow has just loaded, as a frame."""
        image = self._image
        if is_deep(image, self._head) and image.format and self._is_srgb():
            self.written.modes.append("deep")
            return frame_of(deep(self._place, image.format.lower()), self._orientation)
        with told(self._place):
            try:
                shown = plain(image, "icc" in self._kept)
            except InputError as error:
                raise InputError(f"{self._place}: {error}") from error
            animated = not self.written.alone
            pixels = np.asarray(shown.convert("RGBA") if animated else shown)
        self.written.modes.append(image.mode)
        if self.written.format == "GIF":
            self.written.palettes.append(_colours(pixels))
        return frame_of(pixels, self._orientation)

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._stack.close()


def _colours(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """The colours in a picture that shows something, at most 256: those that are most frequent."""
    flat = pixels.reshape(-1, pixels.shape[-1] if pixels.ndim == 3 else 1)
    shown = flat[flat[:, 3] > 0] if flat.shape[1] == 4 else flat
    whole = np.repeat(shown, 3, 1) if shown.shape[1] == 1 else shown[:, :3]
    packed = whole.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    values, counts = np.unique(packed, return_counts=True)
    best = values[np.argsort(-counts, kind="stable")[:256]]
    return np.stack([best >> 16, best >> 8 & 255, best & 255], 1).astype(np.uint8)
