"""The picture track of the output: encoded anew, each frame at its own time and with what a player must know."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import VideoFrame
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streamblur import layouts
from streamblur.errors import OutputError
from streamblur.settings import Settings
from streamblur.sinks import _codecs, _light, _tags
from streamblur.sinks._original import Original
from streamblur.sinks._palette import Palette
from streamblur.sinks._pixels import Repacker, target
from streamblur.sinks._signature import unsigned
from streamblur.sinks._threads import share, usual
from streamblur.values import SafeFrame, StreamInfo

_BITEXACT = 0x800000  # AV_CODEC_FLAG_BITEXACT: FFmpeg's own encoders leave their name out


class PictureTrack:
    """Encodes lazily: the encoder is opened with the colour and light of the first frame.

    Raises OutputError for a combination that cannot work; a trial encoder is opened at once to find out.
    ``notes`` are sentences for the user, complete when the last frame was encoded.
    """

    def __init__(
        self,
        container: OutputContainer,
        chosen: _codecs.Container,
        settings: Settings,
        info: StreamInfo,
        place: Path,
        original: Original | None,
    ) -> None:
        self._settings, self._info, self._place, self._chosen = settings, info, place, chosen
        self._lengths: dict[int, int] = {}
        self._last: int | None = None
        self.begun = self._signed = False
        before = original.picture_codec() if original is not None else None
        bits = max((c.bits for c in layouts.layouts(info.pixel_format)), default=8)
        name = self._tried(_codecs.encoders(settings, chosen, bits, before))
        self._stream = self._added(container, name)
        self._configure(self._stream.codec_context)
        self._stream.time_base = self._ticks
        self._stream.set_display_matrix(_tags.matrix(info.orientation, info.width, info.height))
        shape = original.pixel_shape() if original is not None else None
        if not _tags.pixel_shape(self._stream, shape, chosen.format):
            raise OutputError(f"{place.suffix} cannot say that the pixels are not square: choose .mp4 or .mov.")
        self._siting = original.siting() if original is not None and _codecs.quarter_colour(self._pixels) else None
        ignored = _codecs.ignored(settings, name, _codecs.known(self._stream.codec_context))
        self.notes: tuple[str, ...] = (*ignored, *([self._repacked.note] if self._repacked.note else []))

    def _tried(self, names: Sequence[str]) -> str:
        """The first encoder that can be opened and holds every sample; the last one need only open."""
        for name in names:
            self._pixels = self._pixels_for(name)
            self._ticks, self._exact = _codecs.ticks(self._info, self._chosen, name)
            trial: Any = av.CodecContext.create(name, "w")
            self._configure(trial)
            if name == names[-1]:
                _codecs.opened(trial, self._place)
                break
            with contextlib.suppress(OutputError):
                _codecs.opened(trial, self._place)
                if self._repacked.lossless:
                    break
        return name

    def _pixels_for(self, name: str) -> str:
        info = self._info
        self._repacked: Repacker | Palette
        if name == "gif":
            self._repacked = Palette(info.pixel_format, info.width, info.height)
            return "pal8"
        offered = [f.name for f in av.Codec(name, "w").video_formats or ()]
        pixels = target(info.pixel_format, name, offered, (info.width % 2 == 1, info.height % 2 == 1))
        self._repacked = Repacker(info.pixel_format, pixels, info.width, info.height)
        return pixels

    def _added(self, container: OutputContainer, name: str) -> VideoStream:
        try:
            stream = container.add_stream(name, rate=_rate(self._info))
        except (av.FFmpegError, ValueError) as error:
            raise OutputError(
                f"{self._place.suffix} cannot hold {name}: choose another --codec or another suffix such as .mkv."
            ) from error
        assert isinstance(stream, VideoStream)
        return stream

    def _configure(self, context: Any) -> None:
        info, format_name = self._info, self._chosen.format
        context.width, context.height, context.pix_fmt = info.width, info.height, self._pixels
        context.time_base, context.framerate = self._ticks, _rate(info)
        known = _codecs.known(context)
        context.options = _codecs.options(self._settings, context.name, known)
        share(context, info.live)
        if (quality := _codecs.lossy_quality(context.name, known)) is not None:
            context.qscale, context.global_quality = True, quality
        if context.name == "libvpx":
            context.bit_rate = _codecs.ROOM  # VP8 has a quality only under a ceiling
        if not context.name.startswith("lib"):
            context.flags |= _BITEXACT
        if format_name == "avi":
            context.max_b_frames = 0  # AVI keeps no presentation times
        if context.name == "libx265" and format_name in ("mp4", "mov"):
            context.codec_tag = "hvc1"

    def encode(self, frame: SafeFrame) -> list[Packet[VideoStream]]:
        """One frame at its own time; the packets that are ready. Raises OutputError, or what PyAV raises."""
        length = round((frame.picture.duration or 0) * frame.time_base / self._ticks)
        picture = self._as_encoded(frame.picture)
        if not self.begun:
            self._begin(picture, frame.picture)
        self._stamp(picture, frame)
        self._lengths[self._last or 0] = length
        return self._timed(self._stream.encode(picture))

    def rest(self) -> list[Packet[VideoStream]]:
        """The packets that the encoder still holds."""
        return self._timed(self._stream.encode(None)) if self._last is not None else []

    def begin(self, first: VideoFrame) -> bytes:
        """Open the encoder as if ``first`` were encoded next; what it then says of itself to decoders (extradata)."""
        self._begin(self._as_encoded(first), first)
        return bytes(self._stream.codec_context.extradata or b"")

    def packet(self, data: bytes, pts: int, dts: int, duration: int, key: bool) -> Packet[VideoStream]:
        """A packet of this track that another encoder, told the same, has made; times in its ticks."""
        packet: Packet[Any] = Packet(data)
        packet.stream, packet.time_base = self._stream, self._ticks
        packet.pts, packet.dts, packet.duration, packet.is_keyframe = pts, dts, duration, key
        return packet

    def _as_encoded(self, picture: VideoFrame) -> VideoFrame:
        return self._repacked(_tags.bare(picture, self._stream.codec_context.name))

    def _begin(self, picture: VideoFrame, before: VideoFrame) -> None:
        """Open the encoder with what only a picture tells; ``before`` is the picture before it was repacked."""
        _tags.colour(self._stream, picture, before.format.name)
        context = self._stream.codec_context
        lit = _light.light(before)
        told = _light.options(context.name, lit)
        old = dict(context.options)
        old |= {"chroma_sample_location": self._siting} if self._siting else {}
        context.options = old | {key: ":".join(filter(None, (old.get(key), more))) for key, more in told.items()}
        self.notes += _tags.interlaced(self._stream, picture, before) + _tags.lost(before, self._place, bool(told))
        context.open()
        usual()
        self.begun = True

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

    def _timed(self, packets: list[Packet[VideoStream]]) -> list[Packet[VideoStream]]:
        if packets and not self._signed:
            packets[0], self._signed = unsigned(packets[0]), True
        for packet in packets:
            packet.duration = self._lengths.pop(packet.pts or 0, 0) or packet.duration
        return packets


def _rate(info: StreamInfo) -> Fraction:
    return (info.rate or Fraction(25)).limit_denominator(60000)
