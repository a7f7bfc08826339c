"""The tracks beside the picture: copied packet for packet, or the same length of silence."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
from av import AudioFrame
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition

from streamblur.errors import OutputError

_COVERS = Disposition.attached_pic | Disposition.timed_thumbnails
_NAMES = {"audio": "sound", "subtitle": "subtitles"}
_WAYS = {"audio": "leave the sound out with --no-audio", "subtitle": "do not keep subtitles"}


class Track(Protocol):
    """Turns packets of the original into packets of the output; ``end`` gives those that are left."""

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]: ...
    def end(self) -> list[Packet[Any]]: ...


class Copy:
    """The very packets. Raises OutputError when the container of ``place`` cannot hold them."""

    def __init__(self, before: Any, output: OutputContainer, place: Path, origin: Path) -> None:
        try:
            self._track = output.add_stream_from_template(before, opaque=before.type != "audio")
        except (av.FFmpegError, ValueError, AttributeError) as error:
            raise _cannot(before, place, origin) from error
        _labelled(self._track, before)

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        packet.stream = self._track
        return [packet]

    def end(self) -> list[Packet[Any]]:
        return []


class Silence:
    """A track of the same codec, rate and channels that lasts as long as the packets given, and says nothing.

    Raises OutputError when FFmpeg cannot write that codec or the container of ``place`` cannot hold it.
    """

    def __init__(self, before: Any, output: OutputContainer, place: Path, origin: Path) -> None:
        context = before.codec_context
        try:
            name = av.Codec(context.codec.canonical_name, "w").name
            track: Any = output.add_stream(name, rate=before.sample_rate, layout=before.layout.name)
            track.codec_context.open(strict=False)
        except (av.FFmpegError, ValueError, AttributeError) as error:
            raise _cannot(before, place, origin) from error
        _labelled(track, before)
        self._track, inner = track, track.codec_context
        self._rate: int = inner.sample_rate
        self._size: int = inner.frame_size or 1024
        self._format, self._layout = inner.format.name, inner.layout.name
        self._next: int | None = None
        self._until = 0

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        start = self._samples((packet.pts or 0) * packet.time_base)
        self._until = max(self._until, start + self._samples((packet.duration or 0) * packet.time_base))
        if self._next is None:
            self._next = self._until if packet.is_discard else start
        done: list[Packet[Any]] = []
        while self._next + self._size <= self._until:
            done += self._said(self._size)
        return done

    def end(self) -> list[Packet[Any]]:
        rest = self._until - self._next if self._next is not None else 0
        return (self._said(rest) if rest > 0 else []) + list(self._track.encode(None))

    def _samples(self, seconds: Fraction) -> int:
        return round(seconds * self._rate)

    def _said(self, count: int) -> list[Packet[Any]]:
        frame = AudioFrame(format=self._format, layout=self._layout, samples=count)
        for plane in frame.planes:
            unsigned = self._format.startswith("u8")
            plane.update((b"\x80" if unsigned else b"\0") * plane.buffer_size)
        frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
        frame.pts, self._next = self._next, (self._next or 0) + count
        return list(self._track.encode(frame))


def _labelled(track: Any, before: Any) -> None:
    """The language and the role (default, forced, commentary ...) stay; names and all else do not."""
    track.disposition = before.disposition & ~_COVERS
    if before.language:
        track.metadata["language"] = before.language


def _cannot(before: Any, place: Path, origin: Path) -> OutputError:
    codec = before.codec_context.name if before.codec_context else "unknown"
    return OutputError(
        f"{place.suffix} cannot hold the {_NAMES[before.type]} of {origin.name} ({codec}): "
        f"choose another suffix such as .mkv, or {_WAYS[before.type]}."
    )
