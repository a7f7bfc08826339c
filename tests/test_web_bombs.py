"""S7: small files that claim much, sent to the page as anybody would: refused at once, and in little memory."""

from __future__ import annotations

import re
import resource
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
import pytest
from clips import Clip, make
from pages import REAL, Site, files_in, photo, running
from test_fidelity_limits import bombs as recordings
from test_fidelity_limits import claiming
from test_photos import bombs as pictures

from streamblur.sources._packed import packed
from streamblur.web import child
from streamblur.web.limits import Limits

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts what a forked child takes")
RECORDINGS = ("100 million samples.mp4", "fragment.mp4", "picture.avi", "screen.gif", "tracks.mp4")
SECONDS, MEGABYTES = 2.0, 512.0
"""What refusing a file may take: seconds of CPU, which no neighbour can lengthen, and memory above that of a child
that has read nothing."""
WALL = 10.0
"""Seconds until the refusal has come, on two cores that others keep busy; under a load of sixteen it took 0.6."""


def measured(pipe: Connection, order: child.Order) -> None:
    """The real child; to what went wrong it adds the CPU seconds and megabytes that it took."""
    say, before = child.Line.say, resource.getrusage(resource.RUSAGE_SELF)

    def told(line: child.Line, **message: Any) -> None:
        if "error" in message:
            now = resource.getrusage(resource.RUSAGE_SELF)
            spent = now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime
            message["error"] += f" [{spent:.3f} {(now.ru_maxrss - before.ru_maxrss) / 1024:.0f}]"
        say(line, **message)

    child.Line.say = told  # type: ignore[assignment, method-assign]
    REAL(pipe, order)


def counted(value: int) -> str:
    """Exp-Golomb (ISO/IEC 14496-10, 9.1)."""
    return format(value + 1, "b").zfill(2 * (value + 1).bit_length() - 1)


def wide_h264(place: Path, side: int) -> bytes:
    """Three frames whose headers say that they are squares of this side."""
    blocks = counted(side // 16 - 1)
    # 7.3.2.1.1: id, frame numbers, their order, one reference, macroblocks each way, no cropping, nothing more
    bits = counted(0) + counted(0) + counted(2) + counted(1) + "0" + blocks + blocks + "11001"
    bits += "0" * (-len(bits) % 8)
    sizes = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", int(bits, 2).to_bytes(len(bits) // 8, "big"))
    header = b"\0\0\0\1\x67\x42\xc0\x3e" + sizes
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 96, 64, "yuv420p", Fraction(1, 25)
    encoder.options = {"profile": "baseline", "preset": "ultrafast"}
    data = b"".join(bytes(p) for p in [*encoder.encode(av.VideoFrame(96, 64, "yuv420p")), *encoder.encode(None)])
    rest = data[data.index(b"\0\0\1\x68") :]  # what comes after the encoder's own header
    with av.open(str(place), "w") as output:
        stream = output.add_mux_stream("h264", width=side, height=side)
        for number in range(3):
            packet = av.Packet(header + b"\0" + rest)
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            output.mux(packet)
    return place.read_bytes()


def moov_first(folder: Path) -> bytes:
    return make(folder / "made.mp4", Clip(container={"movflags": "faststart"})).read_bytes()


def element(name: bytes, content: bytes) -> bytes:
    """EBML (RFC 8794)."""
    return name + (len(content) | 1 << 56).to_bytes(8, "big") + content


def packed_mkv(algorithm: int = 0) -> bytes:
    """Raw pictures of 1920 x 1080, each a thousandth of its size: a track packed with zlib (RFC 9559, 5.1.4.1.31)."""
    frame = zlib.compress(bytes(1920 * 1080 * 3 // 2), 9)
    packing = element(b"\x50\x34", element(b"\x42\x54", bytes([algorithm])))
    coding = element(b"\x6d\x80", element(b"\x62\x40", element(b"\x50\x33", b"\0") + packing))
    size = element(b"\xb0", struct.pack(">H", 1920)) + element(b"\xba", struct.pack(">H", 1080))
    picture = element(b"\xe0", size + element(b"\x2e\xb5\x24", b"I420"))
    track = element(b"\xd7", b"\1") + element(b"\x73\xc5", b"\1") + element(b"\x83", b"\1")
    track += element(b"\x86", b"V_UNCOMPRESSED") + picture + coding
    blocks = b"".join(element(b"\xa3", b"\x81" + struct.pack(">h", 40 * n) + b"\x80" + frame) for n in range(800))
    info = element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", (10**6).to_bytes(3, "big")))
    cluster = element(b"\x1f\x43\xb6\x75", element(b"\xe7", b"\0") + blocks)
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska"))
    return head + element(b"\x18\x53\x80\x67", info + element(b"\x16\x54\xae\x6b", element(b"\xae", track)) + cluster)


def day_long(folder: Path, suffix: str) -> bytes:
    """Half a second that says it lasts a day."""
    data = bytearray(make(folder / f"short.{suffix}", Clip()).read_bytes())
    if suffix == "mkv":
        at = data.index(b"\x44\x89\x88") + 3  # Duration, a double, in milliseconds
        data[at : at + 8] = struct.pack(">d", 86_400_000.0)
        return bytes(data)
    # the length of the track, of each sample, and of what is shown of them
    for name, skip, ticks in ((b"mdhd", 20, 12_800), (b"stts", 16, 12_800 / 12), (b"elst", 12, 1000)):
        at = data.index(name) + skip
        data[at : at + 4] = int(86_400 * ticks).to_bytes(4, "big")
    return bytes(data)


def recording(name: str, folder: Path) -> bytes:
    return recordings(folder)[name].read_bytes()


BOMBS: dict[str, Callable[[Path], bytes]] = {
    "178 million pixels.png": lambda _: pictures()["bomb.png"](),
    "30000 x 30000.gif": lambda _: pictures()["wide.gif"](),
    "100000 frames.gif": lambda _: pictures()["long.gif"](),
    "20000 x 20000.tif": lambda _: pictures()["bomb.tif"](),
    "16000 x 16000.ts": lambda folder: wide_h264(folder / "wide.ts", 16000),
    "16384 x 16384.ts": lambda folder: wide_h264(folder / "wide.ts", 16384),
    "a million samples.mp4": lambda folder: claiming(moov_first(folder), 10**6),
    "packed.mkv": lambda _: packed_mkv(),
    "a day.mkv": lambda folder: day_long(folder, "mkv"),
    "a day.mp4": lambda folder: day_long(folder, "mp4"),
    **{name: partial(recording, name) for name in RECORDINGS},
}


def test_s7_what_only_leaves_first_bytes_out_is_read(tmp_path: Path) -> None:
    """mkvmerge wrote such files for years."""
    for algorithm, is_packed in ((0, True), (1, True), (2, True), (3, False)):
        (tmp_path / "a.mkv").write_bytes(packed_mkv(algorithm))
        with (tmp_path / "a.mkv").open("rb") as file:
            assert packed(file) is is_packed, algorithm
    with make(tmp_path / "plain.mkv", Clip()).open("rb") as file:
        assert not packed(file)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=1), measured, warm="test_web_bombs") as site:
        visitor = site.visitor()
        first = visitor.send(photo()).json["id"]
        visitor.ended(first)  # the process that children are forked from is there now
        visitor.ask("DELETE", f"/api/jobs/{first}")
        yield site


@pytest.mark.parametrize("name", BOMBS)
def test_s7_a_bomb_is_refused_at_once(site: Site, tmp_path: Path, name: str) -> None:
    content, visitor = BOMBS[name](tmp_path), site.visitor()
    began = time.monotonic()
    about = visitor.ended(visitor.send(content, name).json["id"])
    assert time.monotonic() - began < WALL
    assert about["state"] == "failed", about
    assert about["error"]["code"] == "unreadable"
    taken = re.search(r"\[([\d.]+) (\d+)\]$", about["error"]["message"])
    assert taken is not None
    seconds, megabytes = map(float, taken.groups())
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    assert not files_in(site.root)
