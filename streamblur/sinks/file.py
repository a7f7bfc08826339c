"""A video file as a sink: same times, same sound, same look, under its final name only when it is whole.

The picture is encoded anew; the sound is copied packet for packet; nothing else of the original is
taken over but what ``Settings.keep`` names: no second picture, subtitles, chapters, location or other metadata.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av import VideoFrame
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streamblur.errors import OutputError
from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.sinks import _codecs, _palette, _spool
from streamblur.sinks._original import Original
from streamblur.sinks._partial import PartialFile, checked
from streamblur.sinks._picture import PictureTrack
from streamblur.sinks._piece import Joint, told
from streamblur.sinks._spool import Spool
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
    def __init__(
        self, settings: Settings, info: StreamInfo, place: Path, chosen: _codecs.Container, original: Original | None
    ) -> None:
        self._place, self._original = place, original
        self._stack = ExitStack()
        self._done = False
        self._spool: Spool | None = None
        self._partial = PartialFile(place, settings.force)
        try:
            told = _container_options(settings, info, chosen)
            self._container: OutputContainer = av.open(
                self._partial.file, "w", format=chosen.format, container_options=told
            )
            self._container.flags |= _BITEXACT
            self._picture = PictureTrack(self._container, chosen, settings, info, place, original)
            self._notes = original.taken_over(self._container, place, settings) if original is not None else ()
            if _spool.wanted(info, chosen.format):
                self._spool = Spool(place, self._picture)
        except BaseException:
            self.abort()
            raise

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user: what was kept, dropped and changed."""
        return self._notes + self._picture.notes

    def owns(self, stack: ExitStack) -> None:
        """Take over what must be closed with this sink."""
        self._stack = stack

    def write(self, frame: SafeFrame) -> None:
        """Encode one frame at its own time. Raises OutputError when that cannot be done."""
        with self._told():
            self._put(self._picture.encode(frame))

    def begin(self, first: VideoFrame) -> None:
        """Instead of ``write``, pieces will be joined; ``first`` is the first picture of the recording."""
        with self._told():
            self._joint = Joint(self._picture, first)

    def join(self, piece: Path) -> None:
        """Append a ``Piece`` that was made for this output, without encoding it again. Raises DoesNotFit."""
        with self._told():
            self._mux(self._joint.packets(piece))

    def _put(self, packets: Iterable[Packet[VideoStream]]) -> None:
        if self._spool is None:
            self._mux(packets)
        else:
            self._spool.put(packets)

    def _mux(self, packets: Iterable[Packet[VideoStream]]) -> None:
        """Write the packets, each after the sound that belongs before it."""
        for packet in packets:
            if packet.dts is not None:
                self._mux_others(packet.dts * packet.time_base)
            self._container.mux(packet)

    def _mux_others(self, until: Fraction | None) -> None:
        if self._original is not None:
            for packet in self._original.until(until):
                self._container.mux(packet)

    def close(self) -> None:
        """Finish the file and give it its name. Raises OutputError when that fails; then nothing is left."""
        if self._done:
            return
        try:
            with self._told():
                if not self._picture.begun:
                    raise OutputError(f"no frame was written to {self._place}: the input holds none.")
                self._put(self._picture.rest())
                if self._spool is not None:
                    self._mux(self._spool.packets())
                self._mux_others(None)
                self._container.close()
                self._partial.finish()
        except BaseException:
            self.abort()
            raise
        self._done = True
        self._let_go()

    def _told(self) -> AbstractContextManager[None]:
        return told(self._place)

    def abort(self) -> None:
        """Leave nothing behind. Never raises."""
        if self._done:
            return
        self._done = True
        self._partial.vanish()
        with contextlib.suppress(Exception):
            self._container.close()
        with contextlib.suppress(Exception):
            self._let_go()

    def _let_go(self) -> None:
        if self._spool is not None:
            self._spool.vanish()
        self._stack.close()


def _container_options(settings: Settings, info: StreamInfo, chosen: _codecs.Container) -> dict[str, str]:
    if chosen.format == "gif":
        return {"loop": str(_palette.loops(info.origin))}
    if "metadata" in settings.kept and chosen.format in ("mp4", "mov"):
        return {"movflags": "use_metadata_tags"}  # else most keys would be left out without a word
    return {}
