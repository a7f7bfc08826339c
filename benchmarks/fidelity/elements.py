"""What an .mkv or .webm may hold, element by element (RFC 8794, RFC 9559): every element named here and no other."""

from __future__ import annotations

from collections.abc import Iterator

# fmt: off
_INSIDE = {
    0x1A45DFA3: "EBML", 0x18538067: "Segment", 0x114D9B74: "SeekHead", 0x4DBB: "Seek", 0x1549A966: "Info",
    0x1654AE6B: "Tracks", 0xAE: "TrackEntry", 0xE0: "Video", 0xE1: "Audio", 0x55B0: "Colour", 0x55D0: "Mastering",
    0x7670: "Projection", 0x1C53BB6B: "Cues", 0xBB: "CuePoint", 0xB7: "CueTrackPositions", 0x1254C367: "Tags",
    0x7373: "Tag", 0x63C0: "Targets", 0x67C8: "SimpleTag", 0x1F43B675: "Cluster", 0xA0: "BlockGroup",
    0x6D80: "ContentEncodings", 0x6240: "ContentEncoding", 0x5034: "ContentCompression",
}
_PLAIN = {
    0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285,  # EBML head
    0xEC, 0xBF,  # void, checksum
    0x53AB, 0x53AC,  # seek
    0x2AD7B1, 0x4489, 0x4D80, 0x5741,  # tick, duration, muxing and writing program
    0xD7, 0x73C5, 0x83, 0x9C, 0x22B59C, 0x22B59D, 0x86, 0x63A2, 0x88, 0x55AA, 0x23E383, 0x55EE, 0x56AA, 0x56BB, 0xB9,
    0x55AE, 0x55AB, 0x55AC, 0x55AF,  # track: number, codec, language, flags
    0xB0, 0xBA, 0x9A, 0x9D, 0x54B0, 0x54BA, 0x54B2, 0x53C0, 0x53B8, 0x54AA, 0x54BB, 0x54CC, 0x54DD,  # picture
    0x55B1, 0x55B2, 0x55B3, 0x55B4, 0x55B5, 0x55B6, 0x55B7, 0x55B8, 0x55B9, 0x55BA, 0x55BB, 0x55BC, 0x55BD,  # colour
    *range(0x55D1, 0x55DB), 0x7671, 0x7672, 0x7673, 0x7674, 0x7675,  # mastering, projection
    0xB5, 0x78B5, 0x9F, 0x6264,  # sound
    0xB3, 0xF7, 0xF1, 0xF0, 0xB2, 0x5378,  # cues
    0x63C5, 0x68CA, 0x63CA, 0x63C9, 0x63C4,  # tag targets
    0xE7, 0xA3, 0xA1, 0x9B, 0xFB, 0xA7, 0xAB, 0x75A2,  # blocks
    0x5031, 0x5032, 0x5033, 0x4254, 0x4255,  # stripped headers
    0x45A3, 0x4487, 0x447A, 0x4484,  # a tag: its name is looked at below
}
# fmt: on
PROGRAMS = frozenset([b"Lavf"])
TAGS = frozenset([b"DURATION"])
_APPLICATIONS = (0x4D80, 0x5741)
_TAG_NAME = 0x45A3


def walk(data: bytes, path: str = "") -> Iterator[tuple[int, str, bytes]]:
    """Every element: its number, its path and its content. Clusters are not gone into: they hold blocks alone."""
    at = 0
    while at < len(data):
        width = 9 - data[at].bit_length()
        number = int.from_bytes(data[at : at + width], "big")
        at += width
        more = 9 - data[at].bit_length()
        length = int.from_bytes(data[at : at + more], "big") & ((1 << 7 * more) - 1)
        unknown = length == (1 << 7 * more) - 1
        at += more
        content = data[at:] if unknown else data[at : at + length]
        name = _INSIDE.get(number, hex(number))
        yield number, f"{path}/{name}", content
        if number in _INSIDE:
            yield from walk(content, f"{path}/{name}")
        at += len(content)


def strangers(data: bytes) -> list[str]:
    """Whatever is not on the list, names of programs but FFmpeg's bare one, tags but technical ones."""
    found = []
    for number, path, content in walk(data):
        if number not in _INSIDE and number not in _PLAIN:
            found.append(f"{path} {content[:40]!r}")
        if number in _APPLICATIONS and content not in PROGRAMS:
            found.append(f"{path} names a program: {content!r}")
        if number == _TAG_NAME and content not in TAGS:
            found.append(f"{path} is {content!r}")
    return found
