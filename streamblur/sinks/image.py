"""A picture file as a sink: the format, size and quality of the original, under its final name only when it is whole.

The file is written from pixels alone, so that nothing of the original can come along: no EXIF, XMP, IPTC, comment,
thumbnail, second picture, gain map or trailing bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.sinks._blocks import Blocks
from streamblur.sinks._gif import GifFile
from streamblur.sinks._partial import PartialFile, checked
from streamblur.sinks._saving import Animation, Pages, pixels_of
from streamblur.sinks._shot import shot
from streamblur.values import SafeFrame, StreamInfo, Written

__all__ = ["SUFFIXES", "build", "pixels_of", "shot"]
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "HEIF": (".heic", ".heif", ".hif"),
    "AVIF": (".avif",),
}


def build(settings: Settings, info: StreamInfo, place: Path) -> Sink:
    """A new picture file at ``place``, written as the one described by ``info`` was.

    Raises OutputError when it cannot be written, would replace something, or is named like another format;
    so do writing and closing.
    """
    how = info.written
    if how is None:
        raise OutputError(f"{place} cannot be written from a video: choose .mp4 or .mkv.")
    suffix, before = place.suffix.lower(), info.origin.suffix.lower() if info.origin is not None else ""
    named = suffix in SUFFIXES[how.format]
    if not named and suffix != before:
        raise OutputError(f"the input is {how.format}, and so is the output: name it {SUFFIXES[how.format][0]}.")
    checked(place, info.origin, settings.force)
    notes = () if named else (f"{place.name} is {how.format}, as the input is",)
    keeps = "jpeg.blocks" in settings.kept and how.format == "JPEG"
    return _ImageSink(settings, place, how, notes, Blocks(info.origin, place) if keeps and info.origin else None)


class _ImageSink:
    def __init__(
        self, settings: Settings, place: Path, how: Written, notes: tuple[str, ...], blocks: Blocks | None
    ) -> None:
        self._place, self.notes, self._blocks = place, notes, blocks
        self._done = False
        _prepare(how)
        self._partial = PartialFile(place, settings.force)
        kind: type[Pages | Animation | GifFile] = Pages if how.alone else GifFile if how.format == "GIF" else Animation
        self._pictures = kind(self._partial.file, how)

    def write(self, frame: SafeFrame) -> None:
        """Take one frame. Raises OutputError when it cannot be written."""
        with self._told():
            if self._blocks is not None:
                self._blocks.see(frame.picture)
            self._pictures.add(pixels_of(frame.picture))

    def close(self) -> None:
        """Write the file and give it its name. Raises OutputError when that fails; then nothing is left."""
        if self._done:
            return
        try:
            if not self._pictures.count:
                raise OutputError(f"no picture was written to {self._place}: the input holds none.")
            with self._told():
                self._pictures.finish()
                if self._blocks is not None:
                    self.notes += (self._blocks.keep(self._partial),)
                self._partial.finish()
        except BaseException:
            self.abort()
            raise
        self._done = True

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the libraries raise into one sentence."""
        try:
            yield
        except (av.FFmpegError, OSError, ValueError, KeyError, RuntimeError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise OutputError(f"cannot write {self._place}: {what}. Check the space left.") from error

    def abort(self) -> None:
        """Leave nothing behind. Never raises."""
        if not self._done:
            self._done = True
            self._partial.vanish()


def _prepare(how: Written) -> None:
    """Make Pillow know the format."""
    if how.format == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
