"""A video file as a sink: same times, same sound, same look, under its final name only when it is whole.

The picture is encoded anew; the sound is copied packet for packet; nothing else of the original is
taken over: no second picture, subtitles, chapters, location or other metadata.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av import VideoFrame
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streamblur import planes
from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.sinks import _codecs, _tags
from streamblur.sinks._partial import PartialFile, checked
from streamblur.sinks._pixels import Repacker, target
from streamblur.sinks._sound import Original
from streamblur.values import SafeFrame, StreamInfo

_BITEXACT = 0x400  # AVFMT_FLAG_BITEXACT: no name of the writing program, no random numbers


def build(settings: Settings, info: StreamInfo, place: Path) -> Sink:
    """A new video file at ``place`` for frames as described by ``info``; its suffix chooses the container.

    Raises OutputError when it cannot be written, would replace something, or cannot hold the
    picture or the sound; so do writing and closing.
    """
    chosen = _codecs.container(place)
    checked(place, info.origin, settings.force)
    if info.orientation != 1 and not chosen.turns:
        raise OutputError(f"{place.suffix} cannot say that the picture is turned: choose .mp4 or .mkv.")
    with ExitStack() as stack:
        original = Original(info.origin, stack) if info.origin is not None else None
        sink = _FileSink(settings, info, place, chosen, original)
        sink.owns(stack.pop_all())
    return sink


class _FileSink:
    """Encodes lazily: the encoder is opened with the colour tags of the first frame."""

    def __init__(
        self, settings: Settings, info: StreamInfo, place: Path, chosen: _codecs.Container, original: Original | None
    ) -> None:
        self._info, self._place = info, place
        self._original = original
        self._stack = ExitStack()
        self._lengths: dict[int, int] = {}
        self._last: int | None = None
        self._open = self._done = False
        self._partial = PartialFile(place, settings.force)
        try:
            self._container: OutputContainer = av.open(self._partial.file, "w", format=chosen.format)
            self._container.flags |= _BITEXACT
            self._stream = self._picture_stream(settings, chosen)
            if original is not None and settings.audio:
                original.copy_to(self._container, place)
        except BaseException:
            self.abort()
            raise
        left = original.left_behind(settings.audio) if original is not None else ()
        self.notes: tuple[str, ...] = (*left, *([self._repacked.note] if self._repacked.note else []))

    def owns(self, stack: ExitStack) -> None:
        """Take over what must be closed with this sink."""
        self._stack = stack

    def _picture_stream(self, settings: Settings, chosen: _codecs.Container) -> VideoStream:
        info = self._info
        bits = max((c.bits for c in planes.layouts(info.pixel_format)), default=8)
        name = _codecs.encoder(settings, chosen, bits)
        offered = [f.name for f in av.Codec(name, "w").video_formats or ()]
        pixels = target(info.pixel_format, name, offered, (info.width % 2 == 1, info.height % 2 == 1))
        self._repacked = Repacker(info.pixel_format, pixels, info.width, info.height)
        try:
            stream = self._container.add_stream(name, rate=(info.rate or Fraction(25)).limit_denominator(60000))
        except (av.FFmpegError, ValueError) as error:
            raise OutputError(
                f"{self._place.suffix} cannot hold {name}: choose another --codec or another suffix such as .mkv."
            ) from error
        assert isinstance(stream, VideoStream)
        self._ticks, self._exact = _codecs.ticks(info, chosen, name)
        self._configure(stream, settings, chosen, pixels)
        return stream

    def _configure(self, stream: VideoStream, settings: Settings, chosen: _codecs.Container, pixels: str) -> None:
        info, context = self._info, stream.codec_context
        context.width, context.height, context.pix_fmt = info.width, info.height, pixels
        context.time_base = stream.time_base = self._ticks
        known = _codecs.known(context)
        context.options = _codecs.options(settings, context.name, known)
        if (quality := _codecs.lossy_quality(context.name, known)) is not None:
            context.qscale, context.global_quality = True, quality
        if chosen.format == "avi":
            context.max_b_frames = 0  # AVI keeps no presentation times
        if context.name == "libx265" and chosen.format in ("mp4", "mov"):
            context.codec_tag = "hvc1"
        stream.set_display_matrix(_tags.matrix(info.orientation, info.width, info.height))
        shape = self._original.pixel_shape() if self._original is not None else None
        if not _tags.pixel_shape(stream, shape, chosen.format):
            raise OutputError(f"{self._place.suffix} cannot say that the pixels are not square: choose .mp4 or .mov.")

    def write(self, frame: SafeFrame) -> None:
        """Encode one frame at its own time. Raises OutputError when that cannot be done."""
        with self._told():
            picture = self._repacked(frame.picture)
            if not self._open:
                self._start(picture, frame.picture)
            length = round((frame.picture.duration or 0) * frame.time_base / self._ticks)
            self._stamp(picture, frame)
            self._lengths[self._last or 0] = length
            self._mux(self._stream.encode(picture))

    def _start(self, picture: VideoFrame, before: VideoFrame) -> None:
        """Open the encoder with what only a picture tells; ``before`` is the picture before it was repacked."""
        _tags.colour(self._stream, picture, before.format.name)
        self.notes += _tags.interlaced(self._stream, before) + _tags.lost(before)
        self._stream.codec_context.open()
        self._open = True

    def _stamp(self, picture: VideoFrame, frame: SafeFrame) -> None:
        """Put the frame on the output's clock; leave it to the encoder where key frames go."""
        exact = frame.pts * frame.time_base / self._ticks
        pts = round(exact)
        off = abs(exact - pts) > Fraction(1, 4)
        if self._exact and (off or pts == self._last):
            raise OutputError(f"{self._place.suffix} cannot hold frames at varying times: choose .mp4 or .mkv.")
        if self._last is not None:
            pts = max(pts, self._last + 1)
            if self._last in self._lengths:
                self._lengths[self._last] = pts - self._last
        self._last = picture.pts = pts
        picture.time_base = self._ticks
        picture.pict_type = 0

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        """Write the packets, each after the sound that belongs before it."""
        for packet in packets:
            packet.duration = self._lengths.pop(packet.pts or 0, 0) or packet.duration
            if packet.dts is not None:
                self._mux_sound(packet.dts * packet.time_base)
            self._container.mux(packet)

    def _mux_sound(self, until: Fraction | None) -> None:
        if self._original is not None:
            for packet in self._original.until(until):
                self._container.mux(packet)

    def close(self) -> None:
        """Finish the file and give it its name. Raises OutputError when that fails; then nothing is left."""
        if self._done:
            return
        try:
            with self._told():
                if not self._open:
                    raise OutputError(f"no frame was written to {self._place}: the input holds none.")
                self._mux(self._stream.encode(None))
                self._mux_sound(None)
                self._container.close()
                self._partial.finish()
        except BaseException:
            self.abort()
            raise
        self._done = True
        self._stack.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the libraries raise into one sentence."""
        try:
            yield
        except (av.FFmpegError, OSError, ValueError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise OutputError(
                f"cannot write {self._place}: {what}. Check the space left, or choose another --codec or suffix."
            ) from error

    def abort(self) -> None:
        """Leave nothing behind. Never raises."""
        if self._done:
            return
        self._done = True
        self._partial.vanish()
        with contextlib.suppress(Exception):
            self._container.close()
        with contextlib.suppress(Exception):
            self._stack.close()
