"""Inputs that the clips of the tests do not cover: remuxed with more in them, with a face, with odd contents."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from clips import Clip, make, picture
from numpy.typing import NDArray

from streamblur.sinks._palette import Palette

CANARY = "Jane-Doe-canary"
FACE = (64, 0, 192, 128)
"""Left, top, right, bottom of the face in ``portrait``."""
Extra = Callable[[Any, dict[int, Any]], Iterable[Any]]


def remuxed(before: Path, after: Path, extra: Extra | None = None, **options: Any) -> Path:
    """The same packets in a new file; ``extra`` gets it and its streams before, and returns packets to add after."""
    with av.open(str(before)) as old, av.open(str(after), "w", **options) as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        more = list(extra(new, copies)) if extra is not None else []
        for packet in old.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                new.mux(packet)
        for packet in more:
            new.mux(packet)
    return after


def packet_of(stream: Any, data: bytes, start: int = 0, length: int = 400) -> Any:
    """A packet at a time in milliseconds."""
    packet = av.Packet(data)
    packet.pts = packet.dts = start
    packet.duration, packet.time_base, packet.stream = length, Fraction(1, 1000), stream
    return packet


def shifted(before: Path, after: Path, seconds: Fraction) -> Path:
    """As ``ffmpeg -ss SECONDS -c copy``: what lies before is hidden by an edit list, not removed."""
    with av.open(str(before)) as old, av.open(str(after), "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        for packet in (p for p in old.demux() if p.size):
            move = round(seconds / packet.time_base)
            packet.pts, packet.dts = (packet.pts or 0) - move, (packet.dts or 0) - move
            packet.stream = copies[packet.stream_index]
            new.mux(packet)
    return after


def photograph() -> NDArray[np.uint8]:
    from skimage import data

    return np.asarray(cast(Any, data).astronaut())


@lru_cache(maxsize=1)
def portrait() -> NDArray[np.uint8]:
    """256 x 256 RGB of a real face (NASA, public domain, inside the scikit-image wheel)."""
    return np.ascontiguousarray(photograph()[40:296, 96:352])


@lru_cache(maxsize=1)
def cloth() -> NDArray[np.uint8]:
    """The suit and the ship of the same photograph: much detail, no face."""
    return np.ascontiguousarray(photograph()[272:512])


def still(
    size: tuple[int, int], at: tuple[int, int] | None, face: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """A grey picture of ``size`` with the portrait's top left corner ``at``; no portrait when that is None."""
    shown = np.full((size[1], size[0], 3), 96, np.uint8)
    if at is not None:
        face = portrait() if face is None else face
        shown[at[1] : at[1] + face.shape[0], at[0] : at[0] + face.shape[1]] = face
    return shown


def film(place: Path, pictures: Sequence[NDArray[np.uint8]], clip: Clip | None = None, **options: Any) -> Path:
    """A video of RGB pictures, encoded as the clip says."""
    clip = clip or Clip(options={"crf": "12"})
    with av.open(str(place), "w", **options) as output:
        stream = output.add_stream(clip.codec, rate=clip.rate, options=dict(clip.options))
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = clip.pixels
        stream.set_display_matrix(clip.matrix)
        for number, shown in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), "rgb24").reformat(format=clip.pixels)
            frame.pts, frame.time_base = number, 1 / clip.rate
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return place


def gif(place: Path, pictures: Sequence[NDArray[np.uint8]], lengths: Sequence[int], loop: int) -> Path:
    """An animated GIF; ``lengths`` in hundredths of a second."""
    height, width = pictures[0].shape[:2]
    palette = Palette("rgb24", width, height)
    with av.open(str(place), "w", container_options={"loop": str(loop)}) as output:
        stream: Any = output.add_stream("gif", rate=100)
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        stream.codec_context.time_base = Fraction(1, 100)
        for number, shown in enumerate(pictures):
            frame = palette(av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), "rgb24"))
            frame.pts, frame.time_base = sum(lengths[:number]), Fraction(1, 100)
            for packet in stream.encode(frame):
                packet.duration = lengths[number]
                output.mux(packet)
        output.mux(stream.encode(None))
    return place


def fields(place: Path, order: str) -> Path:
    """Interlaced H.264 whose fields come in the ``order`` tff or bff."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=96, height=64, format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 25))
    steps = graph.add("setfield", order), graph.add("buffersink")
    source.link_to(steps[0])
    steps[0].link_to(steps[1])
    graph.configure()
    with av.open(str(place), "w") as output:
        stream: Any = output.add_stream("libx264", rate=25, options={"flags": "+ildct+ilme"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(12):
            frame = picture(number, "yuv420p", (96, 64))
            frame.pts, frame.time_base = number, Fraction(1, 25)
            graph.push(frame)
            output.mux(stream.encode(graph.pull()))
        output.mux(stream.encode(None))
    return place


def captioned(place: Path) -> Path:
    """An H.264 transport stream with one closed caption (ATSC A/53, in an SEI message)."""
    text = b"".join(bytes([0xFC, 0x80 | a, 0x80 | b]) for a, b in ((0x14, 0x25), (0x4A, 0x44)))
    said = b"\xb5\x00\x31GA94\x03" + bytes([0x40 | 2]) + b"\xff" + text + b"\xff"
    message = b"\0\0\0\1\x06\x04" + bytes([len(said)]) + said + b"\x80"
    made = make(place.with_suffix(".h264"), Clip(options={"bf": "0"}))
    with av.open(str(made)) as old, av.open(str(place), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(p for p in old.demux() if p.size):
            late = av.Packet(message + bytes(packet))
            late.pts = late.dts = number * 3600
            late.time_base, late.stream, late.is_keyframe = Fraction(1, 90000), copy, packet.is_keyframe
            new.mux(late)
    return place


def with_exif(jpeg: bytes) -> bytes:
    """A JPEG that carries an EXIF description."""
    text = CANARY.encode() + b"\0"
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIII", 1, 0x010E, 2, len(text), 26, 0) + text
    part = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part + jpeg[2:]
