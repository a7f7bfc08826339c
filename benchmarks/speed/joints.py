"""Could stretches without a face be copied? What docs/smart_copy.md was measured with.

usage: python -m benchmarks.speed.joints FOLDER     joins copied groups with encoded ones, and decodes the results,
                                                    which stay in FOLDER to be tried in players
       python -m benchmarks.speed.joints INPUT...   the share of frames in whole groups without a face (H.264 only)

A group is what lies from one IDR picture to before the next: nothing in it refers to anything outside.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet, PacketSideData

from benchmarks.speed.avc import IDR, SLICE, avcc, kind, sets, together, units
from streamblur import compose
from streamblur.settings import Settings
from streamblur.sinks import _codecs

SIZE, FRAMES, GROUP = (320, 192), 150, 30
TICKS = Fraction(1, 15360)
CLIPS = {
    "as ours": "scenecut=0",
    "baseline": "bframes=0:ref=1:cabac=0:8x8dct=0:weightp=0:scenecut=0",
    "pyramid": "bframes=8:ref=8:b-adapt=0:scenecut=0",
    "open groups": "open-gop=1:scenecut=0",
}
WAYS = ("one set", "two sets", "sets in band", "two descriptions")


def pictures() -> Iterator[av.VideoFrame]:
    """A moving texture."""
    width, height = SIZE
    texture = np.kron(np.random.default_rng(3).integers(40, 216, (88, 160)), np.ones((4, 4))).astype(np.uint8)
    for number in range(FRAMES):
        luma = texture[number // 2 :][:height, 2 * number :][:, :width]
        planes = np.concatenate([luma.ravel(), np.full(width * height // 2, 128, np.uint8)])
        frame = av.VideoFrame.from_ndarray(planes.reshape(height * 3 // 2, width), "yuv420p")
        frame.pts, frame.time_base = number * 512, TICKS
        yield frame


def written(place: Path, parameters: str, frames: Sequence[Any]) -> None:
    """Frames as an .mp4, encoded as the house does, but for these x264 parameters."""
    with av.open(place, "w") as container:
        stream: Any = container.add_stream("libx264", rate=30)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = *SIZE, "yuv420p"
        context.time_base = TICKS
        told = _codecs.options(Settings(preset="veryfast"), "libx264", _codecs.known(context))
        context.options = told | {"g": str(GROUP), "x264-params": parameters}
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def packets(place: Path) -> tuple[bytes, list[Any]]:
    """What the container says to decoders, and the packets of its picture."""
    with av.open(place) as container:
        stream = container.streams.video[0]
        return bytes(stream.codec_context.extradata or b""), [p for p in container.demux(stream) if p.size]


def groups(found: Sequence[Any]) -> list[list[Any]]:
    parted: list[list[Any]] = []
    for packet in found:
        if not parted or any(kind(unit) == IDR for unit in units(bytes(packet))):
            parted.append([])
        parted[-1].append(packet)
    return parted


def joined(clip: Path, place: Path, way: str) -> tuple[int, int]:
    """Write the clip with every second group encoded anew; how many groups were copied and encoded."""
    said, found = packets(clip)
    frames = {frame.pts: frame for frame in decoded(clip)}
    parts: list[tuple[list[bytes], list[Any]]] = []
    for number, group in enumerate(groups(found)):
        if number % 2 == 0:
            parts.append((sets(said), group))
            continue
        scratch = place.with_name("group.mp4")
        shown = [frames[pts] for pts in sorted(packet.pts for packet in group)]
        for frame in shown:
            frame.pict_type = 0
        written(scratch, "sps-id=1" if way == "two sets" else "sps-id=0", shown)
        ours, again = packets(scratch)
        parts.append((sets(ours), again))
    with av.open(clip) as template, av.open(place, "w") as container:
        stream: Any = container.add_stream_from_template(template.streams.video[0])
        told = parts[0][0] + (parts[1][0] if way == "two sets" and len(parts) > 1 else [])
        stream.codec_context.extradata = avcc(told)
        if way == "sets in band":
            stream.codec_context.codec_tag = "avc3"
        for packet in _in_order(parts, way):
            packet.stream = stream
            container.mux(packet)
    return (len(parts) + 1) // 2, len(parts) // 2


def _in_order(parts: Sequence[tuple[list[bytes], list[Any]]], way: str) -> Iterator[Any]:
    """The packets, slices only, each decoded after all before it."""
    last: int | None = None
    for number, (parameters, group) in enumerate(parts):
        for place, old in enumerate(group):
            slices = [unit for unit in units(bytes(old)) if kind(unit) in (SLICE, IDR)]
            key = kind(slices[0]) == IDR
            packet: Any = Packet(together([*parameters, *slices] if way == "sets in band" and key else slices))
            last = old.dts if last is None else max(old.dts, last + 1)
            packet.pts, packet.dts, packet.duration, packet.is_keyframe = old.pts, last, old.duration, key
            packet.time_base = old.time_base
            if way == "two descriptions" and number and not place:
                told = avcc(parameters)
                side = PacketSideData(1, len(told))  # AV_PKT_DATA_NEW_EXTRADATA
                memoryview(side)[:] = told
                packet.set_sidedata(side)
            yield packet


def decoded(place: Path) -> list[av.VideoFrame]:
    with av.open(place) as container:
        return list(container.decode(video=0))


def worst(place: Path, clip: Path) -> str:
    """How far the worst frame is from the clip's, decoded in one go and from each key frame."""
    before = {frame.time: frame.to_ndarray().astype(np.int32) for frame in decoded(clip)}
    try:
        after = decoded(place)
    except av.FFmpegError:
        return "cannot be decoded"
    if [frame.time for frame in after] != sorted(before):
        return f"{len(after)} frames, or other times"
    for key in [packet.pts for packet in packets(place)[1] if packet.is_keyframe]:
        with av.open(place) as container:
            container.seek(key, stream=container.streams.video[0])
            after += [frame for frame, _ in zip(container.decode(video=0), range(6), strict=False)]
    errors = [float(np.mean((frame.to_ndarray() - before[frame.time]) ** 2)) for frame in after]
    return f"worst frame {10 * np.log10(255**2 / max(*errors, 1e-9)):.1f} dB"


def share(place: Path) -> str:
    """How much of a recording could be copied."""
    faces = compose.detect(Settings(), place)
    times = [int(pts) * faces.time_base for pts in faces.times]
    free = {time for number, time in enumerate(times) if not faces.covers(number)}
    parted = [[packet.pts * packet.time_base for packet in group] for group in groups(packets(place)[1])]
    whole = sum(len(group) for group in parted if free.issuperset(group))
    return f"{len(times)} frames, {len(free)} without a face, {whole} of them in whole groups ({len(parted)} groups)"


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    if folder.is_file():
        for place in map(Path, sys.argv[1:]):
            print(f"{place.name}: {share(place)}", flush=True)
        return
    av.logging.set_level(av.logging.PANIC)
    folder.mkdir(exist_ok=True)
    for name, parameters in CLIPS.items():
        clip = folder / f"{name}.mp4"
        written(clip, parameters, list(pictures()))
        for way in WAYS:
            place = folder / f"{name}, {way}.mp4"
            copied, encoded = joined(clip, place, way)
            print(f"{name}, {way}: {copied} copied, {encoded} encoded, {worst(place, clip)}", flush=True)


if __name__ == "__main__":
    main()
