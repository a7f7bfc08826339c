"""Small video files of known truth, made with PyAV: numbered pictures, chosen times, tags and sound."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from streamblur import planes


@dataclass(frozen=True)
class Clip:
    """What to make. ``times`` are the frames' pts in ``time_base``; the last frame lasts ``last`` ticks.

    ``sound`` lists audio encoders, one track each, with a language; ``sound_start`` is in seconds.
    ``options`` go to the encoder, ``container`` to the container.
    """

    codec: str = "libx264"
    pixels: str = "yuv420p"
    size: tuple[int, int] = (96, 64)
    times: tuple[int, ...] = tuple(range(12))
    time_base: Fraction = Fraction(1, 25)
    rate: Fraction = Fraction(25)
    last: int = 0
    sound: tuple[tuple[str, str], ...] = ()
    sound_start: float = 0.0
    matrix: tuple[int, ...] | None = None
    shape: Fraction | None = None
    tags: dict[str, int] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)
    format: str | None = None


def picture(number: int, pixels: str, size: tuple[int, int]) -> av.VideoFrame:
    """Picture ``number``: bright top left quarter, dark elsewhere, brightness rising with the number."""
    frame = av.VideoFrame(*size, pixels)
    for part in planes.components(frame):
        layout = part.layout
        unit = 1 << (layout.bits - 8 + layout.shift)
        part.view[:] = (128 if layout.middle else 30 + 4 * (number % 20)) * unit
        rows, columns = part.view.shape
        part.view[: rows // 2, : columns // 2] = (110 if layout.middle else 140 + 4 * (number % 20)) * unit
    return frame


def make(place: Path, clip: Clip) -> Path:
    """Write the clip to ``place``; the suffix chooses the container unless the clip does."""
    with av.open(place, "w", format=clip.format, container_options=clip.container) as output:
        stream = _stream(output, clip)
        sounds = [_sound(output, *sound) for sound in clip.sound]
        seconds = float((clip.times[-1] - clip.times[0] + 1) * clip.time_base)
        for number, time in enumerate(clip.times):
            frame = picture(number, clip.pixels, clip.size)
            frame.pts, frame.time_base = time, clip.time_base
            packets = stream.encode(frame)
            for packet in packets:
                packet.duration = _length(clip, packet.pts or 0)
            output.mux(packets)
        for packet in (packets := stream.encode(None)):
            packet.duration = _length(clip, packet.pts or 0)
        output.mux(packets)
        for sound in sounds:
            _play(output, sound, clip.sound_start, seconds)
    return place


def _length(clip: Clip, pts: int) -> int:
    later = [time for time in clip.times if time > pts]
    usual = max(1, round(1 / (clip.rate * clip.time_base)))
    return later[0] - pts if later else clip.last or usual


def _stream(output: Any, clip: Clip) -> VideoStream:
    stream: VideoStream = output.add_stream(clip.codec, rate=clip.rate, options=dict(clip.options))
    stream.width, stream.height = clip.size
    stream.pix_fmt = clip.pixels
    stream.time_base = stream.codec_context.time_base = clip.time_base
    if clip.codec == "libx265":
        stream.codec_context.options = {"x265-params": "log-level=none"} | clip.options
    if clip.shape:
        stream.codec_context.sample_aspect_ratio = clip.shape
    for name, value in clip.tags.items():
        setattr(stream.codec_context, name, value)
    stream.set_display_matrix(clip.matrix)
    return stream


def _sound(output: Any, codec: str, language: str) -> Any:
    stream = output.add_stream(codec, rate=48000)
    stream.metadata["language"] = language
    return stream


def _play(output: Any, stream: Any, start: float, seconds: float) -> None:
    random = np.random.default_rng(stream.index)
    stream.codec_context.open(strict=False)
    kind, size = stream.format.name, stream.codec_context.frame_size or 1024
    shape = (2, size) if kind.endswith("p") else (1, 2 * size)
    for number in range(max(2, round(seconds * 48000 / size))):
        noise = random.uniform(-0.1, 0.1, shape)
        samples: Any = noise.astype(np.float32)
        if "flt" not in kind:
            samples = (noise * 32000).astype(np.int32 if "32" in kind else np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format=kind, layout="stereo")
        frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
        frame.pts = round(start * 48000) + number * size
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


@dataclass(frozen=True)
class Seen:
    """What a plain player sees: frame times and the end in seconds, pictures in RGB as stored, tags, sound."""

    times: list[Fraction]
    end: Fraction
    pictures: list[NDArray[Any]]
    first: av.VideoFrame
    pixels: str
    codec: str
    shape: Fraction | None
    sounds: list[tuple[str | None, list[tuple[Fraction, str]]]]
    others: int


def seen(place: Path) -> Seen:
    """Read everything back with PyAV alone, none of our code."""
    with av.open(place) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        ticks = stream.time_base or Fraction(1)
        sounds = [_heard(place, number) for number in range(len(container.streams.audio))]
        return Seen(
            [(f.pts or 0) * ticks for f in frames],
            _end(container, stream, ticks),
            [f.to_ndarray(format="rgb24") for f in frames],
            frames[0],
            frames[0].format.name,
            stream.codec_context.codec.canonical_name,
            stream.sample_aspect_ratio,
            sounds,
            len(container.streams) - 1 - len(container.streams.audio),
        )


def _heard(place: Path, number: int) -> tuple[str | None, list[tuple[Fraction, str]]]:
    with av.open(place) as container:
        packets = [p for p in container.demux(audio=number) if p.size]
        hashes = [((p.pts or 0) * p.time_base, hashlib.sha256(_payload(bytes(p))).hexdigest()) for p in packets]
        return container.streams.audio[number].language, hashes


def _payload(data: bytes) -> bytes:
    """AAC without the seven bytes that MPEG-TS puts before each packet."""
    return data[7:] if data[:1] == b"\xff" and data[1] & 0xF6 == 0xF0 else data


def _end(container: Any, stream: VideoStream, ticks: Fraction) -> Fraction:
    if stream.duration is not None:
        return ((stream.start_time or 0) + stream.duration) * ticks
    return Fraction(container.duration or 0, av.time_base)
