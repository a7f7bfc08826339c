"""V15 to V19, V21, V22: broken files, places that must not be written to, long files, animations."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
from clips import Clip, make, seen

from benchmarks.fidelity.case import Check, Desk, case, expect
from benchmarks.fidelity.media import CANARY, gif, still
from benchmarks.fidelity.read import count, hidden, shown

SIXTY = Clip(times=tuple(range(60)), size=(192, 128), sound=(("aac", "eng"),), options={"g": "30"})


def refused(desk: Desk, source: Path, name: str = "") -> None:
    """Raises Failed unless the tool fails and leaves nothing new in the folder."""
    before = {p.name for p in desk.folder.iterdir()}
    outcome = desk.tool(source, desk.at(name or f"out{source.suffix}"))
    left = {p.name for p in desk.folder.iterdir()} - before
    expect(not left, f"left behind: {sorted(left)} (exit code {outcome.code})")
    expect(outcome.code != 0, "exit code 0")


def _cut_off(suffix: str, clip: Clip) -> Check:
    def check(desk: Desk) -> None:
        data = make(desk.at(f"made{suffix}"), clip).read_bytes()
        chance = random.Random(15)
        for part in range(10):
            broken = desk.at(f"cut{part}{suffix}")
            broken.write_bytes(data[: chance.randrange(1, len(data) - 10)])
            refused(desk, broken)

    return check


case("V15 cut off .mp4 at ten places")(_cut_off(".mp4", SIXTY))
case("V15 cut off .mkv at ten places")(_cut_off(".mkv", SIXTY))


@case("V15 empty, no index, no frames, noise")
def nothing(desk: Desk) -> None:
    data = make(desk.at("made.mp4"), SIXTY).read_bytes()
    with av.open(str(desk.at("none.mp4")), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.open()
        output.start_encoding()
    broken = {"empty": b"", "no_index": data.replace(b"moov", b"junk"), "noise": random.Random(1).randbytes(50_000)}
    for name, content in broken.items():
        desk.at(f"{name}.mp4").write_bytes(content)
        refused(desk, desk.at(f"{name}.mp4"))
    refused(desk, desk.at("none.mp4"))
    refused(desk, desk.at("missing.mp4"))


@case("V15 flipped bytes")
def flipped(desk: Desk) -> None:
    made = make(desk.at("made.mp4"), SIXTY)
    chance = random.Random(16)
    for part in range(6):
        data = bytearray(made.read_bytes())
        for _ in range(20):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        broken, output = desk.at(f"flip{part}.mp4"), desk.at(f"out{part}.mp4")
        broken.write_bytes(data)
        code = desk.tool(broken, output).code
        expect(output.exists() == (code == 0), f"exit code {code}, output {'there' if output.exists() else 'missing'}")
        expect(code != 0 or count(output) == 60, "exit code 0, but frames are missing")


@case("V16 a damaged picture")
def damaged(desk: Desk) -> None:
    made = make(desk.at("made.mp4"), Clip(size=(320, 240), times=tuple(range(60)), options={"g": "60", "qp": "10"}))
    with av.open(str(made)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    data = bytearray(made.read_bytes())
    end = (packets[0].pos or 0) + packets[0].size
    data[end - packets[0].size // 8 : end] = b"\xff" * (packets[0].size // 8)
    broken, output = desk.at("in.mp4"), desk.at("out.mp4")
    broken.write_bytes(data)
    code = desk.tool(broken, output).code
    expect(code != 0 or count(output) == 60, "frames are missing without an error")
    expect((code == 0) == output.exists(), f"exit code {code}, output {'there' if output.exists() else 'missing'}")
    expect(not output.exists() or bytes(packets[0])[-200:] not in output.read_bytes(), "an undecoded packet was copied")


@case("V18 the output is the input")
def in_place(desk: Desk) -> None:
    source = make(desk.at("in.mp4"), SIXTY)
    data = source.read_bytes()
    desk.at("sub").mkdir()
    desk.at("link.mp4").symlink_to(source)
    desk.at("hard.mp4").hardlink_to(source)
    for name in ("in.mp4", "sub/../in.mp4", "link.mp4", "hard.mp4"):
        code = desk.tool(source, desk.at(name), replace=True).code
        expect(source.read_bytes() == data, f"the input was overwritten through {name} (exit code {code})")
        expect(code != 0, f"exit code 0 for {name}")


@case("V19 over a longer file")
def overwritten(desk: Desk) -> None:
    source = make(desk.at("in.mp4"), SIXTY)
    fresh = desk.blur(source, "fresh.mp4").read_bytes()
    old = desk.at("out.mp4")
    old.write_bytes(CANARY.encode() * 100_000)
    code = desk.tool(source, old, replace=True).code
    expect(code == 0, f"exit code {code}")
    expect(CANARY.encode() not in old.read_bytes(), "bytes of the old file are in the new one")
    expect(len(old.read_bytes()) == len(fresh), f"{len(old.read_bytes())} bytes, written fresh {len(fresh)}")


@case("V21 two minutes without drift")
def drift(desk: Desk) -> None:
    times = tuple(n * 3003 + n % 7 for n in range(1200))
    clip = Clip(
        times=times, time_base=Fraction(1, 30000), rate=Fraction(10), sound=(("aac", "eng"),), options={"bf": "0"}
    )
    before = make(desk.at("in.mp4"), clip)
    old, new = seen(before), seen(desk.blur(before))
    expect(len(new.times) == 1200, f"1200 frames became {len(new.times)}")
    expect(bool(new.sounds), "the sound is gone")
    ends = [(s.times[-1] - s.times[0]) - (s.sounds[0][1][-1][0] - s.sounds[0][1][0][0]) for s in (old, new)]
    expect(abs(ends[0] - ends[1]) <= Fraction(1, 1000), f"{float(ends[1] - ends[0]) * 1000:.0f} ms of drift at the end")


@case("V22 animated GIF")
def animated(desk: Desk) -> None:
    pictures = [still((320, 256), (16 * n, 0)) for n in range(4)]
    before = gif(desk.at("in.gif"), pictures, [5, 20, 5, 9], 3)
    after = desk.blur(before)
    expect((found := lengths(after)) == [5, 20, 5, 9], f"frame lengths are {found} hundredths")
    data = after.read_bytes()
    at = data.find(b"NETSCAPE2.0\3\1")
    expect(at > 0 and data[at + 13 : at + 15] == b"\3\0", "it does not repeat three times")
    for n, (a, b) in enumerate(zip(shown(before), shown(after), strict=True)):
        box = (64 + 16 * n, 16, 176 + 16 * n, 160)
        expect(hidden(a, b, box), f"the face can be seen on frame {n}")


def lengths(place: Path) -> list[int]:
    """Of each frame of a GIF, in hundredths of a second."""
    with av.open(str(place), options={"min_delay": "0"}) as container:
        return [round((p.duration or 0) * p.time_base * 100) for p in container.demux(video=0) if p.size]
