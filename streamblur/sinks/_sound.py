"""The sound of the original, packet for packet, and a list of everything else that stays behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from streamblur.errors import InputError, OutputError

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,mpeg,mpegvideo,ogg,gif,asf,mxf,yuv4mpegpipe,h264,hevc,m4v,dv"
)
_COVERS = Disposition.attached_pic | Disposition.timed_thumbnails


class Original:
    """The file that the frames come from, opened a second time: for its sound, its pixel shape, and what it holds.

    Only containers that sources accept are opened, without a name (see ``sources``).
    """

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self._place = place
        options = {"format_whitelist": _FORMATS, "protocol_whitelist": ""}
        try:
            file = stack.enter_context(os.fdopen(os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb"))
            self._container: InputContainer = stack.enter_context(
                av.open(file, "r", options=options, metadata_errors="replace")
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise InputError(f"{place} cannot be opened again for its sound: check that it is still there.") from error
        self.sounds = self._container.streams.audio
        for other in (s for s in self._container.streams if s.type != "audio"):
            other.discard = Discard.all
        self._copies: dict[int, AudioStream] = {}
        self._waiting: Packet[AudioStream] | None = None
        self._packets = self._read()

    def pixel_shape(self) -> Fraction | None:
        """Width to height of one pixel; None when unknown."""
        moving = [v for v in self._container.streams.video if not v.disposition & _COVERS]
        main: VideoStream | None = next((v for v in moving if v.disposition & Disposition.default), None)
        main = main or next(iter(moving), None)
        return main.sample_aspect_ratio if main is not None else None

    def left_behind(self, with_sound: bool) -> tuple[str, ...]:
        """One sentence for each kind of content that is not copied."""
        streams = self._container.streams
        kinds = {
            "audio track": 0 if with_sound else len(streams.audio),
            "subtitle track": len(streams.subtitles),
            "data track": len(streams.data),
            "attachment": len(streams.attachments),
            "chapter": len(self._container.chapters()),
        }
        return tuple(f"dropped {n} {kind}{'s' if n > 1 else ''}" for kind, n in kinds.items() if n)

    def copy_to(self, output: OutputContainer, place: Path) -> None:
        """Add every sound track to ``output``. Raises OutputError when the container cannot hold one."""
        for sound in self.sounds:
            try:
                copy = output.add_stream_from_template(sound)
            except (av.FFmpegError, ValueError, AttributeError) as error:
                codec = sound.codec_context.name if sound.codec_context else "unknown"
                raise OutputError(
                    f"{place.suffix} cannot hold the sound of {self._place.name} ({codec}): "
                    "choose another suffix such as .mkv, or leave the sound out with --no-audio."
                ) from error
            copy.disposition = sound.disposition & ~_COVERS
            if sound.language:
                copy.metadata["language"] = sound.language
            self._copies[sound.index] = copy

    def until(self, seconds: Fraction | None) -> Iterator[Packet[AudioStream]]:
        """The sound packets that start before ``seconds`` (None: all that are left), ready for the output.

        Raises InputError when the file cannot be read to its end.
        """
        while self._copies:
            if self._waiting is None:
                self._waiting = next(self._packets, None)
            packet = self._waiting
            if packet is None or (seconds is not None and _start(packet) >= seconds):
                return
            self._waiting = None
            packet.stream = self._copies[packet.stream_index]
            yield packet

    def _read(self) -> Iterator[Packet[AudioStream]]:
        """Packets in file order. Those hidden before the start of the recording stay behind, except the last of
        them: decoders need it to start cleanly, and it is at most a few hundredths of a second."""
        hidden: dict[int, Packet[AudioStream]] = {}
        try:
            for packet in self._container.demux(self.sounds):
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


def _start(packet: Packet[AudioStream]) -> Fraction:
    ticks = packet.dts if packet.dts is not None else packet.pts
    return (ticks or 0) * packet.time_base
