"""Ways to damage a file: what parsers read as lengths and counts is hit more often than what decoders read."""

from __future__ import annotations

import random

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_NAMES: tuple[bytes, ...] = (
    b"moov",
    b"trak",
    b"stsz",
    b"stts",
    b"ctts",
    b"stsc",
    b"stco",
    b"elst",
    b"mdhd",
    b"tkhd",
    b"avcC",
    b"hvcC",
)
_NAMES += (
    b"stsd",
    b"trun",
    b"tfhd",
    b"\x1aE\xdf\xa3",
    b"\x16T\xaek",
    b"\x1fC\xb6u",
    b"G\x40",
    b"idx1",
    b"strf",
    b"!\xf9",
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """One to six damages."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if len(changed) < 32:
            break
        chance.choice((_bit, _byte, _number, _number, _near_name, _near_name, _copy, _cut, _end))(changed, chance)
    return bytes(changed)


def _bit(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _byte(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.randrange(256)


def _number(data: bytearray, chance: random.Random) -> None:
    _put(data, chance.randrange(len(data)), chance)


def _near_name(data: bytearray, chance: random.Random) -> None:
    """A number at, before or after one of the names that structure a file."""
    places = [at for name in _NAMES if (at := data.find(name)) >= 0]
    if places:
        _put(data, max(0, chance.choice(places) + chance.choice((-4, 4, 8, 12, 16, 20))), chance)


def _put(data: bytearray, at: int, chance: random.Random) -> None:
    size = chance.choice((1, 2, 4, 4))
    value = (chance.choice(_NUMBERS) & ((1 << 8 * size) - 1)).to_bytes(size, chance.choice(("big", "little")))
    data[at : at + size] = value[: len(data) - at]


def _copy(data: bytearray, chance: random.Random) -> None:
    size = chance.randrange(1, min(512, len(data)))
    start, to = chance.randrange(len(data) - size), chance.randrange(len(data))
    data[to:to] = data[start : start + size]


def _cut(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 64)]


def _end(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) // 2, len(data)) :]
