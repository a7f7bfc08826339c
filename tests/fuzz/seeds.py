"""Small whole recordings to damage, made on the fly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from clips import Clip, make

TIMES = tuple(range(10))
SEEDS = {
    "h264.mp4": Clip(times=TIMES, sound=(("aac", "eng"),)),
    "fragments.mp4": Clip(times=TIMES, container={"movflags": "frag_keyframe+empty_moov"}, options={"g": "4"}),
    "hevc.mp4": Clip("libx265", times=TIMES),
    "varying.mov": Clip(times=(0, 900, 7200, 7290, 20000), time_base=Fraction(1, 90000), sound=(("pcm_s16le", "eng"),)),
    "h264.mkv": Clip(times=TIMES, sound=(("libopus", "eng"),)),
    "vp9.webm": Clip("libvpx-vp9", times=TIMES),
    "mpeg2.ts": Clip("mpeg2video", times=TIMES, sound=(("mp2", "eng"),)),
    "h264.ts": Clip(times=TIMES, sound=(("aac", "eng"),)),
    "mpeg4.avi": Clip("mpeg4", times=TIMES),
    "animated.gif": Clip("gif", "gray", times=TIMES),
}


def made(folder: Path) -> dict[str, bytes]:
    """The content of every seed by its name."""
    return {name: make(folder / name, clip).read_bytes() for name, clip in SEEDS.items()}
