"""A stretch of a picture track, encoded somewhere else: written to a file of its own, and joined as it is.

The file is what the encoder said of itself (its length, then the bytes), then the packets.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import av
from av import VideoFrame
from av.packet import Packet
from av.video.stream import VideoStream

from streamblur.errors import OutputError
from streamblur.settings import Settings
from streamblur.sinks import _codecs, _records
from streamblur.sinks._original import Original
from streamblur.sinks._picture import PictureTrack
from streamblur.values import SafeFrame, StreamInfo

_HEAD = struct.Struct("<I")


@contextlib.contextmanager
def told(place: Path) -> Iterator[None]:
    """Turn what the libraries raise while ``place`` is written into one sentence."""
    try:
        yield
    except (av.FFmpegError, OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"cannot write {place}: {what}. Check the space left, or choose another --codec or suffix."
        ) from error


class DoesNotFit(OutputError):
    """Pieces cannot be joined; the picture has to be encoded in one go."""


class Piece:
    """A sink for a stretch of frames of the output ``place``: ``path`` is there, whole, after ``close``.

    ``first`` is the first picture of the whole recording: all pieces are encoded as it calls for.
    """

    def __init__(self, settings: Settings, info: StreamInfo, place: Path, path: Path, first: VideoFrame) -> None:
        chosen = _codecs.container(place)
        self._place, self._path, self._draft = place, path, path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with told(place), ExitStack() as stack:
            container = stack.enter_context(av.open(io.BytesIO(), "w", format=chosen.format))
            original = Original(info.origin, stack) if info.origin is not None else None
            self._track = PictureTrack(container, chosen, settings, info, place, original)
            said = self._track.begin(first)
            number = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            self._file = stack.enter_context(os.fdopen(number, "wb"))
            self._file.write(_HEAD.pack(len(said)) + said)
            self._stack = stack.pop_all()

    def write(self, frame: SafeFrame) -> None:
        """Encode one frame at its own time. Raises OutputError when that cannot be done; so does ``close``."""
        with told(self._place):
            self._put(self._track.encode(frame))

    def _put(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            # transparency lies beside a packet of VP8 and VP9
            if packet.pts is None or packet.dts is None or packet.has_sidedata("matroska_block_additional"):
                raise DoesNotFit("its packets cannot be joined")
            _records.write(self._file, packet)

    def close(self) -> None:
        """Finish the file and give it its name."""
        with told(self._place):
            self._put(self._track.rest())
            self._stack.close()
            os.replace(self._draft, self._path)

    def abort(self) -> None:
        """Leave nothing behind. Never raises."""
        with contextlib.suppress(Exception):
            self._stack.close()
        with contextlib.suppress(OSError):
            self._draft.unlink()


class Joint:
    """Makes one track of pieces. Raises DoesNotFit where they would not play as one."""

    def __init__(self, track: PictureTrack, first: VideoFrame) -> None:
        self._track = track
        self._said = track.begin(first)
        self._decoded: int | None = None
        self._shown: int | None = None

    def packets(self, path: Path) -> Iterator[Packet[VideoStream]]:
        """The packets of the next piece, ready to be written."""
        with path.open("rb") as file:
            (length,) = _HEAD.unpack(file.read(_HEAD.size))
            if file.read(length) != self._said:
                raise DoesNotFit("another encoder was used elsewhere")
            after, begins = self._shown, True
            for packet in _records.read(file, self._track):
                dts, pts = packet.dts or 0, packet.pts or 0
                if (begins and not packet.is_keyframe) or (after is not None and pts <= after):
                    raise DoesNotFit("a piece does not begin after the one before it")
                packet.dts = self._in_order(dts, pts)
                yield packet
                begins = False

    def _in_order(self, dts: int, pts: int) -> int:
        """When to decode: as said, but after all before. An encoder counts back from its first frame by the distances
        of those that follow, which at varying frame times may reach into the piece before."""
        last = self._decoded
        self._decoded = dts = dts if last is None else max(dts, last + 1)
        if dts > pts:
            raise DoesNotFit("a frame would be decoded too late")
        self._shown = pts if self._shown is None else max(self._shown, pts)
        return dts
