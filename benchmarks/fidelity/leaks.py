"""V9 to V13: nothing but the picture and the sound leaves, and nothing in them tells who or where."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from clips import Clip, make, picture

from benchmarks.fidelity import boxes, elements
from benchmarks.fidelity.case import Check, Desk, case, expect
from benchmarks.fidelity.media import CANARY, captioned, packet_of, remuxed, with_exif
from benchmarks.fidelity.read import count, near, shown, side, streams

PLACE = "+48.8584+002.2945/"
BINARY_PLACE = struct.pack(">ii", round(2.2945 * 65536), round(48.8584 * 65536))
"""Longitude and latitude as the ``loci`` box holds them."""
MADE = "2024-05-06T07:08:09Z"
CLIP = Clip(times=tuple(range(25)), sound=(("aac", "eng"),))


def clean(place: Path, tracks: dict[str, int], technical: bool = False) -> None:
    """Raises Failed unless the file holds these tracks alone, no canary, and, where asked, only technical boxes."""
    data = place.read_bytes()
    expect((found := streams(place)) == tracks, f"the output holds {found}")
    for canary in (CANARY.encode(), PLACE.encode(), b"48.8584", BINARY_PLACE, CANARY.encode("utf-16-be")):
        expect(canary not in data, f"{canary!r} is in the output")
    if not technical:
        return
    odd = boxes.strangers(data) if place.suffix in (".mp4", ".mov") else elements.strangers(data)
    expect(not odd, f"in the output: {'; '.join(odd)[:200]}")


def _leaves_behind(
    suffix: str, extra: Callable[[Any, dict[int, Any]], Iterable[Any]], least: str, **told: Any
) -> Check:
    def check(desk: Desk) -> None:
        made = make(desk.at(f"made{suffix}"), CLIP)
        before = remuxed(made, desk.at(f"in{suffix}"), extra, **told)
        expect(least in streams(before) or least == "tags", f"the input holds only {streams(before)}")
        expect(CANARY.encode() in before.read_bytes(), "the input holds no canary")
        clean(desk.blur(before), {"audio": 1, "video": 1}, least == "tags")

    return check


def _jpeg() -> bytes:
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 96, 64, "yuvj420p", Fraction(1, 25)
    return with_exif(b"".join(bytes(p) for p in (*codec.encode(picture(1, "yuvj420p", (96, 64))), *codec.encode(None))))


def _cover(output: Any, _: dict[int, Any]) -> list[Any]:
    stream = output.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
    stream.disposition = av.stream.Disposition.attached_pic
    return [packet_of(stream, _jpeg())]


def _attachment(output: Any, _: dict[int, Any]) -> list[Any]:
    output.add_attachment(f"{CANARY}.jpg", "image/jpeg", _jpeg())
    return []


def _words(codec: str) -> Callable[[Any, dict[int, Any]], list[Any]]:
    def add(output: Any, _: dict[int, Any]) -> list[Any]:
        text = f"GPS(2.2945,48.8584) {CANARY}".encode()
        data = struct.pack(">H", len(text)) + text if codec == "mov_text" else text
        return [packet_of(output.add_mux_stream(codec), data)]

    return add


def _timecode(output: Any, copies: dict[int, Any]) -> list[Any]:
    copies[0].metadata["timecode"] = "10:11:12:13"
    output.metadata["title"] = CANARY
    return []


def _chapters(output: Any, _: dict[int, Any]) -> list[Any]:
    named = {"title": f"Interview with {CANARY}"}
    output.set_chapters([{"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": named}])
    return []


def _tags(output: Any, copies: dict[int, Any]) -> list[Any]:
    output.metadata.update({"title": CANARY, "comment": CANARY, "location": PLACE, "creation_time": MADE})
    output.metadata.update({"make": CANARY, "com.apple.quicktime.location.ISO6709": PLACE})
    for copy in copies.values():
        copy.metadata.update({"handler_name": CANARY, "title": CANARY, "creation_time": MADE})
    return []


case("V9 cover picture in .mp4")(_leaves_behind(".mp4", _cover, "video"))
case("V9 attached picture in .mkv")(_leaves_behind(".mkv", _attachment, "video"))
case("V10 place as subtitles in .mp4")(_leaves_behind(".mp4", _words("mov_text"), "subtitle"))
case("V10 subtitles in .mkv")(_leaves_behind(".mkv", _words("subrip"), "subtitle"))
if int(av.__version__.split(".")[0]) >= 18:  # before, PyAV wrote no timecode track
    case("V10 timecode track in .mov")(_leaves_behind(".mov", _timecode, "data"))
case("V11 chapters in .mp4")(_leaves_behind(".mp4", _chapters, "chapters"))
case("V11 chapters in .mkv")(_leaves_behind(".mkv", _chapters, "chapters"))
case("V12 tags in .mp4")(_leaves_behind(".mp4", _tags, "tags"))
case("V12 tags in .mkv")(_leaves_behind(".mkv", _tags, "tags"))
case("V12 Apple's tags in .mov")(
    _leaves_behind(".mov", _tags, "tags", container_options={"movflags": "use_metadata_tags"})
)


@case("V10 closed captions in the picture")
def captions(desk: Desk) -> None:
    before = captioned(desk.at("in.ts"))
    expect("A53_CC" in side(before), "the input has no captions")
    expect("A53_CC" not in side(desk.blur(before)), "the captions are in the output")


@case("V10 klv data in .ts")
def klv(desk: Desk) -> None:
    made = make(desk.at("made.ts"), Clip(times=CLIP.times))
    before = remuxed(
        made, desk.at("in.ts"), lambda output, _: [packet_of(output.add_mux_stream("klv"), CANARY.encode())]
    )
    expect(streams(before).get("data") == 1, f"the input holds {streams(before)}")
    after = desk.blur(before)
    expect(streams(after) == {"video": 1}, f"the output holds {streams(after)}")
    expect(CANARY.encode() not in after.read_bytes(), "the data is in the output")


@case("V12 XMP after the last box, and a vendor's box")
def appended(desk: Desk) -> None:
    before = make(desk.at("in.mp4"), CLIP)
    more = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + CANARY.encode()
    with before.open("ab") as file:
        for name, data in ((b"uuid", more), (b"XMP_", CANARY.encode())):
            file.write(struct.pack(">I", 8 + len(data)) + name + data)
    clean(desk.blur(before), {"audio": 1, "video": 1}, technical=True)


@case("V12 EXIF inside the pictures of MJPEG")
def exif(desk: Desk) -> None:
    before = desk.at("in.mov")
    with av.open(str(before), "w") as output:
        stream: Any = output.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        for number in range(5):
            frame = picture(number, "yuvj420p", (96, 64))
            frame.pts, frame.time_base = number, Fraction(1, 25)
            for packet in stream.encode(frame):
                output.mux(packet_of(stream, with_exif(bytes(packet)), 40 * number, 40))
    expect(CANARY.encode() in before.read_bytes(), "the input holds no canary")
    clean(desk.blur(before), {"video": 1}, technical=True)


def _one_of_two(suffix: str) -> Check:
    def check(desk: Desk) -> None:
        a, b = (
            make(desk.at(f"{n}{suffix}"), Clip(times=CLIP.times, size=s))
            for n, s in (("a", (96, 64)), ("b", (160, 96)))
        )
        before = desk.at(f"in{suffix}")
        with av.open(str(a)) as first, av.open(str(b)) as second, av.open(str(before), "w") as output:
            copies = [output.add_stream_from_template(c.streams.video[0], opaque=True) for c in (first, second)]
            for container, copy in zip((first, second), copies, strict=True):
                for packet in (p for p in container.demux(video=0) if p.size):
                    packet.stream = copy
                    output.mux(packet)
        expect(streams(before) == {"video": 2}, f"the input holds {streams(before)}")
        after = desk.blur(before)
        expect(streams(after) == {"video": 1}, f"the output holds {streams(after)}")
        expect(count(after) == count(a), "the output has another length")
        near(shown(a), shown(after))

    return check


for suffix in (".mp4", ".mkv", ".ts"):
    case(f"V13 two pictures in {suffix}")(_one_of_two(suffix))
