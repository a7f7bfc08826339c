"""A video file as a source: every frame, in order, in its own pixels, or an error.

Nothing is skipped: a frame that cannot be decoded, a file that ends before it says, a damaged packet
are InputErrors, because a recording that silently lost its end must not be passed on as whole.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av import VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from streamblur.errors import InputError
from streamblur.ports import Source
from streamblur.settings import Settings
from streamblur.sources._clock import Clock
from streamblur.sources._hardware import decoding_device
from streamblur.sources._open import dropped, opened, picture_stream, readable
from streamblur.sources._pictures import Pictures, orientation
from streamblur.sources._seek import Seeker
from streamblur.sources._sought import DIVISIBLE, sought
from streamblur.sources._whole import missing_bytes
from streamblur.timing import stage
from streamblur.values import Frame, StreamInfo

__all__ = ["Seeker", "build"]


def build(settings: Settings, place: Path) -> Source:
    """The video in the file ``place``.

    Raises InputError when it is missing, not a video, damaged, cut off, or of a kind not accepted;
    so does reading its frames.
    """
    with ExitStack() as stack:
        file = stack.enter_context(readable(place))
        if missing := missing_bytes(file):
            raise InputError(f"{place} is cut off: {missing} bytes are missing at its end. Copy or record it again.")
        device, notes = decoding_device(settings.hwaccel)
        container = opened(place, file, stack, device)
        source = _FileSource(place, container, picture_stream(place, container), stack.pop_all(), notes)
    return source


class _FileSource:
    """Decodes one frame ahead, because only a decoded picture tells format and orientation."""

    def __init__(
        self, place: Path, container: InputContainer, stream: VideoStream, stack: ExitStack, notes: tuple[str, ...]
    ) -> None:
        self._notes = notes
        self._place, self._container, self._stream, self._stack = place, container, stream, stack
        self._seen = 0
        self._end = Fraction(0)
        self._at = 0
        self._decoded = self._pictures()
        try:
            first = next(self._decoded, None)
            if first is None:
                raise InputError(f"{place} holds no frames: it is damaged or cut off. Copy or record it again.")
            self._first: VideoFrame | None = first
            self._fit = Pictures(first)
            self._info = self._described(first)
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> StreamInfo:
        """What is known; its notes grow when the picture changes on the way."""
        return replace(self._info, notes=self._info.notes + self._fit.notes)

    @property
    def first(self) -> VideoFrame:
        """The first picture, until it has been read."""
        assert self._first is not None
        return self._fit(self._first)

    @property
    def divisible(self) -> bool:
        """Whether ``since`` can be asked: the file has an index of exact times."""
        return self._container.format.name in DIVISIBLE

    def since(self, start: Fraction) -> Iterator[Frame]:
        """The frames from the first at or after ``start`` seconds on, read from a key frame before it: in a sound file
        those that reading all of it gives. Raises InputError when the file is damaged, or its times are not in order.
        """
        info, last = self.info, None
        try:
            for picture in sought(self._container, self._stream, start):
                self._intact(picture.is_corrupt)
                if picture.pts is None or (last is not None and picture.pts <= last):
                    raise InputError(f"{self._place} has frames without a time, or not in the order of their times.")
                last = picture.pts
                yield Frame(self._fit(picture), last, info.time_base, info.orientation)
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"{self._place} cannot be decoded after {float(start):.1f} s: it is damaged.") from error

    def _described(self, first: VideoFrame) -> StreamInfo:
        stream = self._stream
        ticks = Fraction(stream.time_base or Fraction(1, 1000))
        whole = self._container.duration
        seconds = float(stream.duration * ticks) if stream.duration else whole / av.time_base if whole else None
        return StreamInfo(
            self._fit.width,
            self._fit.height,
            stream.average_rate or stream.guessed_rate or None,
            ticks,
            self._fit.pixel_format,
            orientation(first),
            frames=stream.frames or None,
            duration=seconds,
            origin=Path(os.path.abspath(self._place)),
            notes=self._notes + dropped(self._container, stream),
        )

    def __iter__(self) -> Iterator[Frame]:
        info = self.info
        clock = Clock(info.time_base, info.rate)
        picture = self._first
        self._first = None
        while picture is not None:
            time = clock(picture.pts, picture.dts, picture.duration)
            yield Frame(self._fit(picture), time, info.time_base, info.orientation)
            with stage("decode"):
                picture = next(self._decoded, None)

    def _pictures(self) -> Iterator[VideoFrame]:
        """Every decoded picture; the packets of the other streams only tell how far the file goes."""
        place = self._place
        packets = 0
        try:
            for packet in self._container.demux():
                self._intact(packet.is_corrupt)
                self._reach(packet)
                if packet.stream_index == self._stream.index and packet.stream is self._stream:
                    packets += bool(packet.size)
                    for picture in self._stream.decode(packet):
                        self._intact(picture.is_corrupt)
                        yield picture
        except (av.FFmpegError, OSError) as error:
            raise InputError(
                f"{place} cannot be decoded near {self._end_text()}: it is damaged. Copy or record it again."
            ) from error
        self._complete(packets)

    def _intact(self, is_corrupt: bool) -> None:
        """A decoder patches a damaged picture with pieces of others: a face may then be where nobody looks."""
        if is_corrupt:
            raise InputError(f"{self._place} is damaged or cut off near {self._end_text()}. Copy or record it again.")

    def _reach(self, packet: av.Packet[av.stream.Stream]) -> None:
        self._at = max(self._at, (packet.pos or 0) + packet.size)
        if packet.size and packet.pts is not None and packet.time_base:
            self._end = max(self._end, (packet.pts + (packet.duration or 0)) * packet.time_base)

    def _complete(self, packets: int) -> None:
        """Raise InputError when the file ended before the end it announces.

        Only what is announced exactly counts: the index of an .mp4 lists every frame, raw video reaches to
        its last byte, and ``_whole`` has checked the lengths that the others give. FFmpeg's duration may be
        an estimate.
        """
        name = self._container.format.name
        said = len(self._stream.index_entries) if "mp4" in name else packets
        if packets < said or (name == "yuv4mpegpipe" and self._at < self._container.size):
            raise InputError(
                f"{self._place} is cut off: only {packets} frames are whole ({said} announced). "
                "Copy or record it again."
            )

    def _end_text(self) -> str:
        return f"{float(self._end):.1f} s"

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._decoded.close()  # type: ignore[attr-defined]
        self._stack.close()
        gc.collect()  # a picture whose side data was read refers to itself (PyAV 18), and keeps those of its decoder
