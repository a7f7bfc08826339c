"""V4 to V6, V14, V20: what is shown looks the same, and faces are hidden where they are shown."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from clips import Clip, make, seen

from benchmarks.fidelity.case import Check, Desk, case, expect
from benchmarks.fidelity.media import cloth, fields, film, portrait, still
from benchmarks.fidelity.read import colour_place, field_order, hidden, near, shown, side

_F = 1 << 16
TURNS = {
    "mirrored": (-_F, 0, 0, 0, _F, 0, 0, 0, 1 << 30),
    "by 180": (-_F, 0, 0, 0, -_F, 0, 0, 0, 1 << 30),
    "upside down mirrored": (_F, 0, 0, 0, -_F, 0, 0, 0, 1 << 30),
    "transposed": (0, _F, 0, _F, 0, 0, 0, 0, 1 << 30),
    "by 90": (0, _F, 0, -_F, 0, 0, 0, 0, 1 << 30),
    "transverse": (0, -_F, 0, -_F, 0, 0, 0, 0, 1 << 30),
    "by 270": (0, -_F, 0, _F, 0, 0, 0, 0, 1 << 30),
}
SCREEN = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
LIGHT = {"x265-params": f"log-level=none:master-display={SCREEN}:max-cll=1000,400"}
SDR = ("yuv420p", "color_range", "colorspace", "color_primaries", "color_trc")
COLOURS: dict[str, tuple[str, str, tuple[int, int, int, int]]] = {
    "BT.709": ("libx264", "yuv420p", (1, 1, 1, 1)),
    "BT.601": ("libx264", "yuv420p", (1, 6, 6, 6)),
    "full range": ("libx264", "yuvj420p", (2, 1, 1, 1)),
    "BT.2020 10 bit": ("libx265", "yuv420p10le", (1, 9, 9, 14)),
    "HLG": ("libx265", "yuv420p10le", (1, 9, 9, 18)),
    "HDR10 with its light": ("libx265", "yuv420p10le", (1, 9, 9, 16)),
    "10 bit H.264": ("libx264", "yuv420p10le", (1, 1, 1, 1)),
}
FACE = (64, 16, 176, 160)
"""In the portrait: hair to chin."""
AT = (176, 96)
SIZE = (640, 480)


def _shown_the_same(matrix: tuple[int, ...]) -> Check:
    def check(desk: Desk) -> None:
        before = make(desk.at("in.mp4"), Clip(matrix=matrix, options={"crf": "10"}))
        near(shown(before), shown(desk.blur(before)))

    return check


for name, matrix in TURNS.items():
    case(f"V4 turned {name}")(_shown_the_same(matrix))


def _box(at: tuple[int, int]) -> tuple[int, int, int, int]:
    return FACE[0] + at[0], FACE[1] + at[1], FACE[2] + at[0], FACE[3] + at[1]


@case("V4 a face on a phone held upright")
def upright(desk: Desk) -> None:
    stored = np.rot90(still((480, 640), (96, 176)), 1)
    before = film(desk.at("in.mp4"), [stored] * 12, Clip(matrix=TURNS["by 90"], options={"crf": "12"}))
    old, new = shown(before), shown(desk.blur(before))
    expect(old[0].shape == new[0].shape, f"shown as {old[0].shape}, then as {new[0].shape}")
    expect(all(hidden(a, b, _box((96, 176))) for a, b in zip(old, new, strict=True)), "the face can be seen")


@case("V5 pixels that are not square")
def shape(desk: Desk) -> None:
    before = make(desk.at("in.mp4"), Clip(shape=Fraction(4, 3)))
    expect((after := seen(desk.blur(before))).shape == Fraction(4, 3), f"pixel shape 4:3 became {after.shape}")


def _size_stays(size: tuple[int, int]) -> Check:
    def check(desk: Desk) -> None:
        before = make(desk.at("in.mkv"), Clip("libx264", "yuv444p", size=size, times=(0, 1, 2), options={"qp": "0"}))
        near(shown(before), shown(desk.blur(before)))

    return check


def _order_stays(order: str, word: str) -> Check:
    def check(desk: Desk) -> None:
        before = fields(desk.at("in.mp4"), order)
        expect(field_order(before) == {word}, "the input is not interlaced")
        expect((now := field_order(desk.blur(before))) == {word}, f"{word} became {now}")

    return check


case("V5 853x480")(_size_stays((853, 480)))
case("V5 607x1079")(_size_stays((607, 1079)))
case("V5 upper field first")(_order_stays("tff", "TOPFIRST"))
case("V5 lower field first")(_order_stays("bff", "BOTTOMFIRST"))


def _colour_stays(codec: str, pixels: str, tags: tuple[int, ...]) -> Callable[[Desk], None]:
    names = ("color_range", "colorspace", "color_primaries", "color_trc")

    def check(desk: Desk) -> None:
        options = LIGHT if tags[3] == 16 else {}
        before = make(desk.at("in.mp4"), Clip(codec, pixels, tags=dict(zip(names, tags, strict=True)), options=options))
        after = desk.blur(before)
        new = seen(after)
        found = tuple(int(getattr(new.first, name)) for name in names)
        expect(found == tags, f"range, matrix, primaries, transfer {tags} became {found}")
        expect(("10" in new.pixels) == ("10" in pixels), f"{pixels} became {new.pixels}")
        light = {k: v for k, v in side(before).items() if k in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")}
        expect(len(light) == (2 if options else 0), "the input does not say what it should")
        kept = {k: v for k, v in side(after).items() if k in light}
        expect(kept == light, f"of {sorted(light)} only {sorted(kept)} stayed as it was")

    return check


for name, (codec, pixels, tags) in COLOURS.items():
    case(f"V6 {name}")(_colour_stays(codec, pixels, tags))


def _siting_stays(codec: str, where: str, suffix: str) -> Check:
    def check(desk: Desk) -> None:
        options = {"chroma_sample_location": where}
        before = make(desk.at(f"in{suffix}"), Clip(codec, "yuv420p10le", options=options))
        expect((was := colour_place(before)) == where, f"the input says {was}")
        expect((now := colour_place(desk.blur(before))) == where, f"colour samples at {where}, then at {now}")

    return check


case("V6 colour samples of HDR")(_siting_stays("libx265", "topleft", ".mp4"))
case("V6 colour samples of H.264")(_siting_stays("libx264", "center", ".mkv"))
case("V6 colour samples of AV1")(_siting_stays("libsvtav1", "topleft", ".mp4"))


@case("V6 at least 42 dB outside the masks")
def quality(desk: Desk) -> None:
    pan = [cloth()[:192, 4 * n : 4 * n + 320] for n in range(25)]
    before = film(desk.at("in.mp4"), pan, Clip(options={"qp": "0"}))
    errors = []
    with av.open(str(before)) as old, av.open(str(desk.blur(before))) as new:
        for a, b in zip(old.decode(video=0), new.decode(video=0), strict=True):
            first, second = (f.to_ndarray(format="gray").astype(float) for f in (a, b))
            errors.append(float(((first - second) ** 2).mean()))
    decibels = 10 * np.log10(255**2 / max(1e-9, float(np.mean(errors))))
    expect(decibels >= 42, f"{decibels:.1f} dB of brightness")


@case("V14 size changes on the way")
def size_change(desk: Desk) -> None:
    large, small = still(SIZE, AT), still((320, 256), (32, 0))
    parts = [film(desk.at("a.ts"), [large] * 12), film(desk.at("b.ts"), [small] * 12)]
    before = desk.at("in.ts")
    before.write_bytes(b"".join(part.read_bytes() for part in parts))
    new = shown(desk.blur(before))
    expect(len(new) == 24, f"24 pictures became {len(new)}")
    expect(all(hidden(large, b, _box(AT)) for b in new[:12]), "the face can be seen before the change")
    scale = new[-1].shape[1] / 320
    box = tuple(round(v * scale) for v in _box((32, 0)))
    old = small.repeat(round(scale), 0).repeat(round(scale), 1)
    expect(all(hidden(old, b, (box[0], box[1], box[2], box[3])) for b in new[12:]), "the face can be seen after it")


@case("V14 pixel format changes on the way")
def format_change(desk: Desk) -> None:
    parts = [make(desk.at(f"{p}.ts"), Clip(pixels=p, options={"crf": "10"})) for p in ("yuv420p", "yuv444p")]
    before = desk.at("in.ts")
    before.write_bytes(b"".join(part.read_bytes() for part in parts))
    near(shown(parts[0]) + shown(parts[1]), shown(desk.blur(before)))


def _sudden(present: list[bool]) -> Check:
    def check(desk: Desk) -> None:
        pictures = [still(SIZE, AT if here else None) for here in present]
        before = film(desk.at("in.mp4"), pictures)
        old, new = shown(before), shown(desk.blur(before))
        expect(len(old) == len(new), f"{len(old)} pictures became {len(new)}")
        open_ = [n for n, here in enumerate(present) if here and not hidden(old[n], new[n], _box(AT))]
        expect(not open_, f"the face can be seen on frames {open_}")

    return check


for phase in range(5):
    case(f"V20 a face for one frame, {phase} after a look")(_sudden([n == 10 + phase for n in range(25)]))
case("V20 a face in the last frame")(_sudden([n == 22 for n in range(23)]))
case("V20 a face after a cut")(_sudden([n >= 13 for n in range(25)]))
case("V20 strobe")(_sudden([n % 2 == 0 for n in range(25)]))


@case("V20 a face in a fade")
def fade(desk: Desk) -> None:
    shares = [min(1.0, n / 20) for n in range(25)]
    dark = still(SIZE, AT).astype(float)
    before = film(desk.at("in.mp4"), [(dark * share).astype(np.uint8) for share in shares])
    old, new = shown(before), shown(desk.blur(before))
    open_ = [n for n in range(8, 25) if not hidden(old[n], new[n], _box(AT))]
    expect(not open_, f"the face can be seen on frames {open_}")
    expect(portrait().shape == (256, 256, 3), "the portrait has another size")
