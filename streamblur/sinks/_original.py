"""The file that the frames come from, opened once more: for what is copied without being looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from streamblur.accepted import FORMATS, PROBED
from streamblur.errors import InputError
from streamblur.settings import Settings
from streamblur.sinks import _kept
from streamblur.sinks._siting import siting
from streamblur.sinks._tracks import Copy, Silence, Track

_COVERS = Disposition.attached_pic | Disposition.timed_thumbnails


class Original:
    """Its sound, its pixel shape and codec, and on request subtitles, chapters and metadata.

    Only containers that sources accept are opened, without a name; none of it is decoded but to find out what it is.
    """

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self._place = place
        self._container = _again(place, stack)
        self._tracks: dict[int, Track] = {}
        self._waiting: list[Packet[Any]] = []
        self._packets = self._read()

    def _main(self) -> VideoStream | None:
        moving = [v for v in self._container.streams.video if not v.disposition & _COVERS]
        main = next((v for v in moving if v.disposition & Disposition.default), None)
        return main or next(iter(moving), None)

    def pixel_shape(self) -> Fraction | None:
        """Width to height of one pixel; None when unknown."""
        main = self._main()
        return main.sample_aspect_ratio if main is not None else None

    def picture_codec(self) -> str | None:
        """FFmpeg's name for the codec of the picture (not of its decoder); None when unknown."""
        main = self._main()
        return main.codec_context.codec.canonical_name if main is not None and main.codec_context else None

    def siting(self) -> str | None:
        """Where the colour samples of its picture lie; None when unknown."""
        if (main := self._main()) is None or main.codec_context is None:
            return None
        with ExitStack() as stack:
            container = _again(self._place, stack)
            return siting(container, container.streams[main.index])

    def taken_over(self, output: OutputContainer, place: Path, settings: Settings) -> tuple[str, ...]:
        """Add to ``output`` what is to be kept; sentences about what was kept and what was not.

        Raises OutputError when the container cannot hold a sound or subtitle track that is to be kept.
        """
        streams, kept = self._container.streams, settings.kept
        for sound in streams.audio if settings.audio else ():
            make = Silence if settings.mute else Copy
            self._tracks[sound.index] = make(sound, output, place, self._place)
        for words in streams.subtitles if "subtitles" in kept else ():
            self._tracks[words.index] = Copy(words, output, place, self._place)
        for other in (s for s in streams if s.index not in self._tracks):
            other.discard = Discard.all
        if "chapters" in kept:
            _kept.chapters(self._container, output, "metadata" in kept)
        keys = _kept.metadata(self._container, output) if "metadata" in kept else ()
        return _kept.told(self._container, settings, keys)

    def until(self, seconds: Fraction | None) -> Iterator[Packet[Any]]:
        """The packets that start before ``seconds`` (None: all that are left), ready for the output.

        Raises InputError when the file cannot be read to its end.
        """
        while True:
            while self._waiting:
                if seconds is not None and _start(self._waiting[0]) >= seconds:
                    return
                yield self._waiting.pop(0)
            packet = next(self._packets, None) if self._tracks else None
            if packet is None:
                break
            self._waiting = self._tracks[packet.stream_index].take(packet)
        if seconds is None:
            for track in self._tracks.values():
                yield from track.end()

    def _read(self) -> Iterator[Packet[Any]]:
        """Packets in file order. Those hidden before the start of the recording stay behind, except the last of
        them: decoders need it to start cleanly, and it is at most a few hundredths of a second."""
        hidden: dict[int, Packet[Any]] = {}
        wanted = [s for s in self._container.streams if s.index in self._tracks]
        try:
            for packet in self._container.demux(wanted):
                if not packet.size:
                    continue
                if packet.is_corrupt:
                    raise InputError(f"the sound of {self._place} is damaged. Copy or record it again.")
                if packet.is_discard:
                    hidden[packet.stream_index] = packet
                    continue
                if packet.stream_index in hidden:
                    yield hidden.pop(packet.stream_index)
                yield packet
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"the sound of {self._place} cannot be read: it is damaged.") from error


def _again(place: Path, stack: ExitStack) -> InputContainer:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "", "codec_whitelist": PROBED}
    try:
        file = stack.enter_context(os.fdopen(os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb"))
        return stack.enter_context(av.open(file, "r", options=options, metadata_errors="replace"))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{place} cannot be opened again for its sound: check that it is still there.") from error


def _start(packet: Packet[Any]) -> Fraction:
    ticks = packet.dts if packet.dts is not None else packet.pts
    return (ticks or 0) * packet.time_base
