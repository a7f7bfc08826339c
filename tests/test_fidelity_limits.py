"""Small files that claim much are refused in less than two seconds and half a gigabyte."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import av
from clips import Clip, make

from streamblur import blur


def _box(name: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return (8 + len(data)).to_bytes(4, "big") + name + data


def claiming(data: bytes, count: int) -> bytes:
    """The clip, whose sample table says one size for ``count`` samples in one chunk."""
    at = data.index(b"stsz")
    fixed = data[: at + 8] + (1).to_bytes(4, "big") + count.to_bytes(4, "big") + data[at + 16 :]
    for name, offset in ((b"stts", 8), (b"stsc", 12)):
        at = fixed.index(name) + 4 + offset
        fixed = fixed[:at] + count.to_bytes(4, "big") + fixed[at + 4 :]
    return fixed


def bombs(folder: Path) -> dict[str, Path]:
    """Small files that claim much."""
    data = make(folder / "made.mp4", Clip(container={"movflags": "faststart"})).read_bytes()
    png = bytearray(make(folder / "made.avi", Clip("png", "rgb24")).read_bytes())
    at = 0
    while (at := png.find(b"IHDR", at) + 4) >= 4:
        png[at : at + 8] = (30000).to_bytes(4, "big") * 2
    gif = bytearray(make(folder / "made.gif", Clip("gif", "gray")).read_bytes())
    gif[6:10] = b"\xff\xff\xff\xff"
    run = _box(b"trun", bytes(4), (1 << 31).to_bytes(4, "big"))
    head = _box(b"tfhd", b"\0\0\0\x38", (1).to_bytes(4, "big"), (1).to_bytes(4, "big") * 3)
    fragment = _box(b"moof", _box(b"mfhd", bytes(4), b"\0\0\0\1"), _box(b"traf", head, run))
    files = {
        "100 million samples.mp4": claiming(data, 100_000_000),
        "fragment.mp4": data + fragment,
        "picture.avi": bytes(png),
        "screen.gif": bytes(gif),
        "tracks.mp4": _tracks(folder),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in files}


def _tracks(folder: Path) -> bytes:
    place = folder / "many.mkv"
    with av.open(str(place), "w") as output:
        for _ in range(100):
            output.add_mux_stream("subrip")
        stream = output.add_stream("libx264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        output.mux(stream.encode(av.VideoFrame(96, 64, "yuv420p")))
        output.mux(stream.encode(None))
    return place.read_bytes()


CHILD = """
import resource, sys, time
from streamblur.sources.file import build
from streamblur.settings import Settings
from streamblur.errors import InputError
from pathlib import Path
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.monotonic()
try:
    source = build(Settings(), Path(sys.argv[1]))
    for frame in source: pass
    said = "read"
except InputError as error:
    said = str(error)
print(time.monotonic() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, said)
"""


def test_what_claims_too_much_is_refused_quickly_and_in_little_memory(tmp_path: Path) -> None:
    for name, place in bombs(tmp_path).items():
        done = subprocess.run(
            [sys.executable, "-c", CHILD, place], capture_output=True, text=True, timeout=60, check=True
        )
        seconds, megabytes, said = done.stdout.split(" ", 2)
        assert float(seconds) < 2, name
        assert float(megabytes) < 512, name
        assert said.strip() != "read", name


def test_a_day_long_claim_costs_nothing(tmp_path: Path) -> None:
    data = bytearray(make(tmp_path / "in.mp4", Clip()).read_bytes())
    for name in (b"mvhd", b"tkhd"):
        at = data.index(name) + (20 if name == b"mvhd" else 24)
        data[at : at + 4] = (86_400_000).to_bytes(4, "big")
    (tmp_path / "in.mp4").write_bytes(data)
    began = time.monotonic()
    assert blur(tmp_path / "in.mp4", tmp_path / "out.mp4").frames == 12
    assert time.monotonic() - began < 10
