"""Photos, animated pictures and pages: covered, shown the same elsewhere, and nothing but pixels in the output.

I1 to I10 and V22 are the cases of the project's measurement plan.
"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import piexif
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from skimage import data

from streamblur import InputError, MissingError, OutputError, Settings, Summary, blur, blur_image, rooms
from streamblur.ports import Detector
from streamblur.ports import Image as Look
from streamblur.sinks._saving import deep as written
from streamblur.sources._raster import deep
from streamblur.values import Box, Detection, Written

pillow_heif.register_heif_opener()
CANARY = "CANARY7f3a"
FACE = Box(94, 34, 138, 92)
"""Of the picture below."""
ORIENTATION, DATE = 0x0112, "2019:05:04 03:02:01"
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""What makes the stored picture of an upright one, by orientation, as Image.Transpose."""


class Fixed:
    """A detector that knows where the face is, and keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[Look] = []
        self.score = 0.9

    def detect(self, image: Look) -> Sequence[Detection]:
        self.shown.append(image.copy())
        return [Detection(FACE, self.score)]

    def close(self) -> None:
        pass


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> Fixed:
    detector = Fixed()

    def build(_settings: Settings) -> Detector:
        return detector

    monkeypatch.setattr(rooms, "detector_for", build)
    return detector


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    """A real face (NASA, public domain), 256 x 250 pixels."""
    return Image.fromarray(cast(Any, data).astronaut()).resize((256, 256)).crop((0, 0, 256, 250))


def outside(picture: Image.Image) -> NDArray[np.int64]:
    """What is not masked: everything right and below of the face and its margin."""
    pixels = np.asarray(picture).astype(np.int64)
    return np.concatenate([pixels[112:].reshape(-1), pixels[:112, 160:].reshape(-1)])


def decibels(a: NDArray[Any], b: NDArray[Any], peak: float = 255) -> float:
    error = float(((a - b).astype(float) ** 2).mean())
    return 99.0 if error == 0 else 10 * np.log10(peak**2 / error)


def hidden(before: Image.Image, after: Image.Image) -> bool:
    """Whether the face has changed much."""
    box = tuple(int(v) for v in (FACE.left, FACE.top, FACE.right, FACE.bottom))
    a, b = (np.asarray(i.convert("L").crop(box)).astype(float) for i in (before, after))  # type: ignore[arg-type]
    return float(np.abs(a - b).mean()) > 6 and float(np.abs(np.diff(b)).mean()) < 0.5 * float(np.abs(np.diff(a)).mean())


def passed(place: Path, **chosen: Any) -> tuple[Any, Summary, bytes]:
    """The picture after it went through, what was told, and the bytes of the file."""
    to = place.with_name(f"out{place.suffix}")
    summary = blur(place, to, Settings(force=True, **chosen))
    return opened(to), summary, to.read_bytes()


def opened(place: Path) -> Any:
    """The picture, without the file held open."""
    image = Image.open(io.BytesIO(place.read_bytes()))
    image.load()
    return image


def clean(raw: bytes) -> bool:
    """Whether no canary is left, in plain text or UTF-16, nor a second JPEG, nor a chunk that can hold text."""
    if raw.startswith(b"\x89PNG"):
        names, at = set(), 8
        while at < len(raw):
            names.add(raw[at + 4 : at + 8])
            at += 12 + int.from_bytes(raw[at : at + 4], "big")
        assert names <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"pHYs"}
    words = (
        CANARY.encode(),
        CANARY.encode("utf-16-le"),
        CANARY.encode("utf-16-be"),
        b"ftypmp42",
        DATE.encode(),
        b"Lavc",
    )
    return not any(word in raw for word in words) and raw.count(b"\xff\xd8\xff") <= 1


def tagged(face: Image.Image, orientation: int = 1) -> bytes:
    """EXIF with a place, a serial number, a maker's note, a date and a thumbnail of the face."""
    thumbnail = io.BytesIO()
    face.resize((160, 156)).save(thumbnail, "JPEG")
    return piexif.dump(  # type: ignore[no-any-return]
        {
            "0th": {piexif.ImageIFD.Make: CANARY, piexif.ImageIFD.Orientation: orientation},
            "Exif": {
                piexif.ExifIFD.MakerNote: CANARY.encode(),
                piexif.ExifIFD.BodySerialNumber: CANARY,
                piexif.ExifIFD.DateTimeOriginal: DATE,
            },
            "GPS": {piexif.GPSIFD.GPSLatitude: ((48, 1), (51, 1), (30, 1)), piexif.GPSIFD.GPSMapDatum: CANARY},
            "1st": {piexif.ImageIFD.Make: CANARY},
            "thumbnail": thumbnail.getvalue(),
        }
    )


def named_profile() -> bytes:
    """A profile far from sRGB, with a name in it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for red, blue in ((b"rXYZ", b"bXYZ"),):  # red and blue swapped: whoever ignores it sees it
        at, to = profile.index(red), profile.index(blue)
        profile[at : at + 4], profile[to : to + 4] = blue, red
    return bytes(profile)


FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".heic": "HEIF", ".avif": "AVIF"}


@pytest.mark.parametrize("suffix", FORMATS)
def test_i1_i2_i4_nothing_but_pixels_is_left(tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str) -> None:
    place = tmp_path / f"in{suffix}"
    options: dict[str, Any] = {"exif": tagged(portrait), "xmp": f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode()}
    if suffix == ".jpg":
        options |= {"comment": CANARY.encode(), "quality": 95}
    if suffix == ".png":
        del options["xmp"]
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", CANARY)
        text.add_text("Comment", CANARY, zip=True)
        text.add_itxt("XML:com.adobe.xmp", CANARY)
        text.add(b"tIME", b"\x07\xe3\x05\x04\x03\x02\x01")
        options["pnginfo"] = text
    if suffix == ".tif":
        options = {"tiffinfo": {270: CANARY, 315: CANARY, 65000: CANARY, 33723: CANARY.encode()}, "exif": None}
    portrait.save(place, FORMATS[suffix], **options)
    assert CANARY.encode() in place.read_bytes()
    after, summary, raw = passed(place)
    assert clean(raw)
    assert not {"exif", "xmp", "comment", "photoshop", "icc_profile"} & {k for k, v in after.info.items() if v}
    assert after.format == FORMATS[suffix]
    assert hidden(portrait, after)
    assert summary.still
    assert suffix == ".tif" or any("EXIF" in note for note in summary.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_i3_seen_upright_and_shown_as_before(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image, orientation: int
) -> None:
    portrait = portrait.crop((0, 0, 256, 240))  # whole blocks of JPEG, as cameras make them
    stored = portrait.transpose(Image.Transpose(TURNS[orientation])) if orientation > 1 else portrait
    stored.save(tmp_path / "in.jpg", exif=tagged(portrait, orientation), quality=95)
    stored.save(tmp_path / "in.png", exif=tagged(portrait, orientation))
    for name, floor in (("in.jpg", 45), ("in.png", 99)):
        shown = ImageOps.exif_transpose(opened(tmp_path / name))
        after, _, _ = passed(tmp_path / name)
        assert ORIENTATION not in after.getexif()
        assert after.size == portrait.size
        assert np.abs(fixed.shown[-1].astype(int) - np.asarray(portrait)).mean() < 4
        assert decibels(outside(shown), outside(after)) >= floor
        assert hidden(portrait, after)


def test_i3_a_real_detector_finds_a_face_that_is_stored_sideways(tmp_path: Path, portrait: Image.Image) -> None:
    portrait.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "in.jpg", exif=tagged(portrait, 6), quality=95)
    after, summary, _ = passed(tmp_path / "in.jpg")
    assert summary.tracks == 1
    assert hidden(portrait, after)


def test_one_likely_sight_is_enough_since_no_second_follows(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image
) -> None:
    portrait.save(tmp_path / "in.png")
    for score, faces in ((0.5, 1), (0.62, 1), (0.3, 0)):
        fixed.score = score
        after, summary, _ = passed(tmp_path / "in.png")
        assert summary.tracks == faces
        assert hidden(portrait, after) == bool(faces)


@pytest.mark.parametrize(("suffix", "turned"), [(".jpg", 1), (".jpg", 6), (".png", 1), (".tiff", 1)])
def test_a_print_stays_as_large(tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str, turned: int) -> None:
    place = tmp_path / f"scan{suffix}"
    exif = Image.Exif()
    exif[0x0112] = turned
    more: dict[str, Any] = {"exif": exif.tobytes()} if suffix == ".jpg" else {}
    portrait.save(place, dpi=(600, 300), **more)
    image, _, _ = passed(place)
    assert [round(float(each)) for each in image.info["dpi"]] == ([300, 600] if turned == 6 else [600, 300])


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_a_print_of_sixteen_bits_stays_as_large(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str
) -> None:
    place = tmp_path / f"scan{suffix}"
    picture = np.asarray(portrait.convert("RGB")).astype(np.uint16) * 257
    how = Written(suffix[1:].upper(), {"compression": "raw", "dpi": (1200, 1200)}, alone=True)
    place.write_bytes(written(picture, how))
    image, _, _ = passed(place)
    assert [round(float(each)) for each in image.info["dpi"]] == [1200, 1200]


def test_what_says_no_size_of_a_print_or_none_that_can_be_gets_none(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image
) -> None:
    portrait.save(tmp_path / "plain.png")
    assert "dpi" not in passed(tmp_path / "plain.png")[0].info
    portrait.save(tmp_path / "odd.png", dpi=(1e7, 1e7))
    assert "dpi" not in passed(tmp_path / "odd.png")[0].info


def test_i4_photoshop_blocks_and_profiles(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    portrait.save(tmp_path / "in.jpg", quality=95)
    old = (tmp_path / "in.jpg").read_bytes()
    block = b"Photoshop 3.0\x008BIM\x04\x0c\0\0" + struct.pack(">I", 40) + CANARY.encode() * 4
    marker = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
    (tmp_path / "in.jpg").write_bytes(old[:2] + marker + old[2:])
    _, _, raw = passed(tmp_path / "in.jpg")
    assert clean(raw)
    assert b"8BIM" not in raw


def test_i4_a_comment_in_a_gif(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    portrait.save(tmp_path / "in.gif", comment=CANARY.encode())
    assert CANARY.encode() in (tmp_path / "in.gif").read_bytes()
    after, _, raw = passed(tmp_path / "in.gif")
    assert CANARY.encode() not in raw
    assert hidden(portrait, after)


def test_i5_further_pictures_are_dropped_and_said(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    other = portrait.resize((300, 300))
    portrait.save(tmp_path / "in.jpg", "MPO", save_all=True, append_images=[other], quality=95)
    heif = pillow_heif.from_pillow(portrait)
    heif.add_from_pillow(other)
    heif.save(tmp_path / "in.heic", quality=90)
    for name in ("in.jpg", "in.heic"):
        assert opened(tmp_path / name).n_frames == 2
        after, summary, raw = passed(tmp_path / name)
        assert (after.size, getattr(after, "n_frames", 1)) == (portrait.size, 1)
        assert "dropped: 1 further picture" in " ".join(summary.notes)
        assert b"MPF\0" not in raw
        assert clean(raw)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".bmp"])
def test_i6_bytes_after_the_end(tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str) -> None:
    place = tmp_path / f"in{suffix}"
    portrait.save(place)
    face = io.BytesIO()
    portrait.save(face, "JPEG")
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + CANARY.encode() + face.getvalue() + b"SEFT"
    place.write_bytes(place.read_bytes() + film)
    _, _, raw = passed(place)
    assert clean(raw)
    assert b"SEFT" not in raw


def test_i7_every_page_is_covered_on_its_own(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    pages = [portrait, portrait.convert("L"), portrait.resize((300, 260)), portrait.convert("1")]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    after, summary, _ = passed(tmp_path / "in.tif")
    assert after.n_frames == 4
    assert (summary.frames, summary.tracks) == (4, 4)
    for number, page in enumerate(pages):
        after.seek(number)
        assert (after.mode, after.size) == (page.mode, page.size)
        assert decibels(outside(page), outside(after)) == 99
        assert number > 1 or hidden(page, after)
    assert after.info["compression"] == "tiff_lzw"


def with_alpha(picture: Image.Image) -> Image.Image:
    """Transparent below; what is hidden there is a face."""
    alpha = np.full((picture.height, picture.width), 255, np.uint8)
    alpha[200:] = 0
    alpha[150:200] = 90
    whole = picture.convert("RGBA")
    whole.putalpha(Image.fromarray(alpha))
    return whole


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *((mode, ".png") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *((mode, ".tif") for mode in ("1", "L", "RGB", "RGBA", "I;16")),
        *((mode, ".bmp") for mode in ("L", "P", "RGB")),
        ("RGBA", ".webp"),
    ],
)
def test_i8_i10_other_pixels_are_identical(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image, mode: str, suffix: str
) -> None:
    before = (
        with_alpha(portrait).convert(mode) if mode in ("LA", "RGBA") else portrait.convert("L" if "I" in mode else mode)
    )
    if mode == "I;16":
        before = Image.fromarray(np.asarray(before).astype(np.uint16) * 257)
    place = tmp_path / f"in{suffix}"
    options: dict[str, Any] = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    before.save(place, **options)
    after, _, _ = passed(place)
    if mode == "P":
        before = before.convert("RGB")
    assert after.mode == before.mode
    if mode in ("LA", "RGBA"):
        was, now = np.array(before), np.asarray(after)
        assert not now[200:].any()
        was[200:] = 0
        assert np.array_equal(was[112:], now[112:])
    else:
        assert np.array_equal(outside(before), outside(after))
    assert mode in ("1", "I;16") or hidden(before, after)


def test_i8_colour_hidden_in_a_palette(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    small = portrait.quantize(64)
    small.save(tmp_path / "in.png", transparency=3)
    after, _, _ = passed(tmp_path / "in.png")
    clear = np.asarray(small) == 3
    assert clear.any()
    assert not np.asarray(after)[clear].any()


def test_i8_cmyk_becomes_rgb(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    for name in ("in.jpg", "in.tif"):
        portrait.convert("CMYK").save(tmp_path / name)
        after, summary, _ = passed(tmp_path / name)
        assert after.mode == "RGB"
        assert "CMYK has become RGB" in summary.notes
        assert decibels(outside(opened(tmp_path / name).convert("RGB")), outside(after)) > 35
        assert hidden(portrait, after)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("count", [3, 4])
def test_i8_sixteen_bits_a_colour_stay(tmp_path: Path, fixed: Fixed, suffix: str, count: int) -> None:

    pixels = np.random.default_rng(1).integers(0, 65536, (250, 256, count)).astype(np.uint16)
    if count == 4:
        pixels[..., 3] |= 1
        pixels[240:, :, 3] = 0
    place, name = tmp_path / f"in{suffix}", {".png": "PNG", ".tif": "TIFF"}[suffix]
    place.write_bytes(written(pixels, Written(name, {"compression": "tiff_lzw"}, True)))
    _, _, raw = passed(place)
    after = deep(tmp_path / f"out{suffix}", {".png": "png", ".tif": "tiff"}[suffix])
    if count == 4:
        pixels[240:] = 0
    assert np.array_equal(after[112:], pixels[112:])
    assert np.array_equal(after[:112, 160:], pixels[:112, 160:])
    assert not np.array_equal(after, pixels)
    assert clean(raw)


@pytest.mark.parametrize(("real", "suffix"), [("JPEG", ".png"), ("PNG", ".jpg"), ("JPEG", ".mp4"), ("WEBP", "")])
def test_i9_the_content_counts_and_not_the_name(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image, real: str, suffix: str
) -> None:
    place = tmp_path / f"in{suffix}"
    portrait.save(place, real)
    after, summary, _ = passed(place)
    assert after.format == real
    assert f"out{suffix} is {real}, as the input is" in summary.notes
    assert hidden(portrait, after)


def test_i9_what_only_looks_like_a_picture_is_refused(tmp_path: Path, portrait: Image.Image) -> None:
    (tmp_path / "drawing.png").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    )
    portrait.save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:5000])
    (tmp_path / "head.gif").write_bytes(b"GIF89a")
    (tmp_path / "empty.png").write_bytes(b"")
    for name in ("drawing.png", "cut.jpg", "head.gif", "empty.png", "missing.jpg"):
        with pytest.raises(InputError):
            blur(tmp_path / name, tmp_path / f"out{Path(name).suffix}")
        assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_i10_a_jpeg_keeps_its_quality(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    for sampling in (0, 1, 2):
        for quality in (60, 95):
            portrait.save(tmp_path / "in.jpg", quality=quality, subsampling=sampling, progressive=quality > 90)
            before = opened(tmp_path / "in.jpg")
            after, _, _ = passed(tmp_path / "in.jpg")
            assert after.quantization == before.quantization
            assert after.layer == before.layer
            assert after.info.get("progressive") == before.info.get("progressive")
            assert decibels(outside(before), outside(after)) >= 45


def film(portrait: Image.Image, see_through: bool) -> list[Image.Image]:
    """Four different frames with a face on each."""
    frames = []
    for number in range(4):
        pixels = np.array(portrait.convert("RGBA"))
        pixels[150:200, 40 * number : 40 * number + 40, :3] = 50 * number, 255, 0
        if see_through:
            pixels[210:, 30 * number : 30 * number + 60] = 0
        frames.append(Image.fromarray(pixels))
    return frames


DURATIONS = [50, 200, 50, 90]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".avif"])
@pytest.mark.parametrize("see_through", [False, True])
@pytest.mark.parametrize("loop", [0, 3, None])
def test_v22_animations_keep_frames_times_and_loop(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str, see_through: bool, loop: int | None
) -> None:
    if suffix == ".avif" and (loop or see_through):
        pytest.skip("AVIF files say no number of repeats")
    place = tmp_path / f"in{suffix}"
    frames = film(portrait, see_through)
    options: dict[str, Any] = {} if loop is None else {"loop": loop}
    if suffix == ".gif":
        frames, options = [f.quantize(128) if not see_through else f for f in frames], {**options, "disposal": 2}
    if suffix == ".webp":
        options |= {"lossless": True}
    frames[0].save(place, save_all=True, append_images=frames[1:], duration=DURATIONS, comment=CANARY, **options)
    before = opened(place)
    after, summary, raw = passed(place)
    assert clean(raw)
    assert after.n_frames == before.n_frames == summary.frames == 4
    for number, lasts in enumerate(DURATIONS):
        for image in (before, after):
            image.seek(number)
            image.load()
        assert after.info["duration"] == lasts
        was, now = before.convert("RGBA"), after.convert("RGBA")
        assert decibels(outside(was), outside(now)) >= (38 if suffix == ".avif" else 99)
        assert hidden(was, now)
    assert after.info.get("loop") == before.info.get("loop")


def test_heic_without_its_library_is_told(
    tmp_path: Path, portrait: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    portrait.save(tmp_path / "in.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingError, match="pip install pillow-heif"):
        blur(tmp_path / "in.heic")


def test_a_gif_can_still_become_a_video(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    portrait.save(
        tmp_path / "in.gif", save_all=True, append_images=[portrait.transpose(Image.Transpose(0))], duration=90
    )
    summary = blur(tmp_path / "in.gif", tmp_path / "out.mp4", Settings(preset="ultrafast"))
    assert (summary.frames, summary.still) == (2, False)
    assert (tmp_path / "out.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_v22_slides_are_photos(tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str) -> None:
    fixed.score = 0.6
    frames = film(portrait, False)
    frames[0].save(tmp_path / f"in{suffix}", save_all=True, append_images=frames[1:], duration=1000)
    after, summary, _ = passed(tmp_path / f"in{suffix}")
    assert (after.n_frames, len(fixed.shown), summary.tracks) == (4, 4, 4)
    for number, frame in enumerate(frames):
        after.seek(number)
        assert hidden(frame, after.convert("RGBA"))


def test_v22_frames_that_look_the_same_stay_apart(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    once = io.BytesIO()
    portrait.save(once, "GIF")
    head, image = once.getvalue()[: 13 + 768], once.getvalue()[13 + 768 : -1]
    image = image[image.index(b"\x2c") :]
    times = [b"\x21\xf9\x04\x04" + struct.pack("<H", time) + b"\0\0" for time in (5, 20)]
    (tmp_path / "in.gif").write_bytes(head + times[0] + image + times[1] + image + b";")
    after, _, _ = passed(tmp_path / "in.gif")
    assert (after.n_frames, after.info["duration"]) == (2, 50)
    after.seek(1)
    assert after.info["duration"] == 200
    assert hidden(portrait, after.convert("RGB"))


@pytest.mark.parametrize("name", ["rgb.jpg", "grey.jpg", "odd.jpg", "ycc.tif", "fax.tif", "packed.tif", "deep.heic"])
def test_rare_kinds_are_kept_or_said(tmp_path: Path, fixed: Fixed, portrait: Image.Image, name: str) -> None:
    place = tmp_path / name
    wide = (np.asarray(portrait).astype(np.uint16) * 257).tobytes()
    {
        "rgb.jpg": lambda: portrait.save(place, keep_rgb=True, quality=95),
        "grey.jpg": lambda: portrait.convert("L").save(place),
        "odd.jpg": lambda: portrait.crop((0, 0, 255, 249)).save(place, quality=95),
        "ycc.tif": lambda: portrait.convert("YCbCr").save(place, compression="tiff_lzw"),
        "fax.tif": lambda: portrait.convert("1").save(place, compression="group4"),
        "packed.tif": lambda: portrait.save(place, compression="jpeg"),
        "deep.heic": lambda: pillow_heif.from_bytes("RGB;16", portrait.size, wide).save(place, quality=95),
    }[name]()
    before = opened(place)
    after, summary, _ = passed(place)
    assert decibels(outside(before.convert("RGB")), outside(after.convert("RGB"))) >= (99 if name[-3:] == "tif" else 45)
    assert after.size == before.size
    assert name != "fax.tif" or (after.mode, after.info["compression"]) == ("1", "group4")
    assert (name == "deep.heic") == ("its colours now have 8 bits" in summary.notes)


@pytest.mark.parametrize("kind", ["F", "LAB"])
def test_pixels_that_no_screen_knows_are_refused(tmp_path: Path, portrait: Image.Image, kind: str) -> None:
    (portrait.convert("L").convert("F") if kind == "F" else portrait.convert("LAB")).save(tmp_path / "in.tif")
    with pytest.raises(InputError, match=f"the kind {kind} are not accepted"):
        blur(tmp_path / "in.tif")
    assert os.listdir(tmp_path) == ["in.tif"]


@pytest.mark.parametrize("suffix", [*FORMATS, ".gif", ".bmp"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, portrait: Image.Image, suffix: str) -> None:
    place = tmp_path / f"in{suffix}"
    portrait.save(place)
    whole = place.read_bytes()
    for share in (0.3, 0.9):
        place.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match="damaged or cut off"):
            blur(place)
    assert os.listdir(tmp_path) == [place.name]


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bombs() -> dict[str, Callable[[], bytes]]:
    def png() -> bytes:
        head = struct.pack(">IIBBBBB", 13400, 13300, 8, 2, 0, 0, 0)
        rows = zlib.compress(bytes(13400 * 3 + 1) * 1000, 9)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    def gif(width: int, height: int, frames: int) -> bytes:
        image = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
        return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + image * frames + b";"

    def tiff() -> bytes:
        file = io.BytesIO()
        Image.new("L", (4, 4)).save(file, "TIFF")
        raw = bytearray(file.getvalue())
        at = struct.unpack("<I", raw[4:8])[0] + 2
        raw[at + 8 : at + 12], raw[at + 20 : at + 24] = struct.pack("<I", 20000), struct.pack("<I", 20000)
        return bytes(raw)

    return {
        "bomb.png": png,
        "wide.gif": lambda: gif(30000, 30000, 1),
        "long.gif": lambda: gif(1, 1, 100_000),
        "many.gif": lambda: gif(2000, 2000, 5000),
        "bomb.tif": tiff,
    }


@pytest.mark.parametrize("name", bombs())
def test_pictures_that_are_too_large_are_refused_at_once(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    resource = pytest.importorskip("resource")
    place.write_bytes(bombs()[name]())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with pytest.raises(InputError, match=r"pictures, which is not accepted|more than accepted"):
        blur(place, tmp_path / f"out{place.suffix}")
    assert time.monotonic() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024
    assert os.listdir(tmp_path) == [name]


def test_a_profile_is_applied_and_can_be_kept(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    profile = named_profile()
    portrait.save(tmp_path / "in.png", icc_profile=profile)
    shown = ImageCms.profileToProfile(
        portrait, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    )
    after, summary, _ = passed(tmp_path / "in.png")
    assert not after.info.get("icc_profile")
    assert "its colours are converted to sRGB" in summary.notes
    assert shown is not None
    assert decibels(outside(shown), outside(after)) > 45
    after, summary, _ = passed(tmp_path / "in.png", keep="icc")
    assert after.info["icc_profile"] == profile
    assert "kept: the colour profile" in summary.notes
    assert np.array_equal(outside(after), outside(portrait))


@pytest.mark.parametrize("suffix", FORMATS)
def test_only_the_date_is_kept_when_asked(tmp_path: Path, fixed: Fixed, portrait: Image.Image, suffix: str) -> None:
    portrait.save(tmp_path / f"in{suffix}", FORMATS[suffix], exif=tagged(portrait))
    after, summary, raw = passed(tmp_path / f"in{suffix}", keep="exif.date")
    assert "kept: when it was taken" in summary.notes
    assert dict(after.getexif().get_ifd(0x8769)) == {0x9003: DATE}
    assert CANARY.encode() not in raw


def test_an_output_never_destroys_anything(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    place = tmp_path / "in.jpg"
    portrait.save(place)
    raw = place.read_bytes()
    (tmp_path / "link.jpg").symlink_to(place)
    (tmp_path / "there.jpg").write_bytes(b"mine")
    for name in ("in.jpg", "link.jpg"):
        with pytest.raises(OutputError, match="input itself"):
            blur(place, tmp_path / name, Settings(force=True))
    with pytest.raises(OutputError, match="exists already"):
        blur(place, tmp_path / "there.jpg")
    with pytest.raises(OutputError, match=r"name it \.jpg"):
        blur(place, tmp_path / "out.webp")
    assert (place.read_bytes(), (tmp_path / "there.jpg").read_bytes()) == (raw, b"mine")
    assert {path.name for path in tmp_path.iterdir()} == {"in.jpg", "link.jpg", "there.jpg"}


def test_an_error_leaves_nothing(tmp_path: Path, fixed: Fixed, portrait: Image.Image, monkeypatch: Any) -> None:
    portrait.save(tmp_path / "in.png")

    def fail(_image: Look) -> Sequence[Detection]:
        raise RuntimeError("broken")

    monkeypatch.setattr(fixed, "detect", fail)
    with pytest.raises(RuntimeError, match="broken"):
        blur(tmp_path / "in.png")
    assert os.listdir(tmp_path) == ["in.png"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [0, 3, 4])
def test_an_array_comes_back_with_its_shape(fixed: Fixed, portrait: Image.Image, dtype: type, channels: int) -> None:
    pixels: NDArray[Any] = np.asarray(portrait.convert({0: "L", 3: "RGB", 4: "RGBA"}[channels])).astype(dtype)
    pixels = pixels * 257 if dtype is np.uint16 else pixels
    kept = pixels.copy()
    after = blur_image(pixels)
    assert (after.shape, after.dtype) == (pixels.shape, pixels.dtype)
    assert np.array_equal(pixels, kept)
    assert np.array_equal(after[112:], pixels[112:])
    assert not np.array_equal(after[40:90, 100:130], pixels[40:90, 100:130])


def test_a_file_comes_back_as_an_array(tmp_path: Path, fixed: Fixed, portrait: Image.Image) -> None:
    portrait.save(tmp_path / "in.png")
    after = blur_image(tmp_path / "in.png")
    assert np.array_equal(after[112:], np.asarray(portrait)[112:])
    portrait.save(tmp_path / "two.tif", save_all=True, append_images=[portrait])
    with pytest.raises(InputError, match="2 pictures"):
        blur_image(tmp_path / "two.tif")
    with pytest.raises(InputError, match="no picture"):
        blur_image(np.zeros((4, 4, 2), np.uint8))


def test_the_command_line_tells_of_pictures(tmp_path: Path, portrait: Image.Image) -> None:
    portrait.save(tmp_path / "in.jpg")
    command = [sys.executable, "-m", "streamblur", "blur", str(tmp_path / "in.jpg")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert said.startswith("1 picture, 1 face, ")
    assert (tmp_path / "in_blurred.jpg").is_file()


@pytest.mark.parametrize("depth", [8, 10])
def test_a_deep_avif_says_that_it_loses_bits(tmp_path: Path, fixed: Fixed, portrait: Image.Image, depth: int) -> None:
    import av

    frame = av.VideoFrame.from_ndarray(np.asarray(portrait), format="rgb24").reformat(
        format="yuv420p10le" if depth == 10 else "yuv420p"
    )
    with av.open(str(tmp_path / "in.avif"), "w", format="avif") as output:
        stream = output.add_stream("libsvtav1", rate=1)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, frame.format.name
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    _, summary, _ = passed(tmp_path / "in.avif")
    assert ("its colours now have 8 bits" in summary.notes) == (depth == 10)


@pytest.mark.parametrize("profile", [True, False])
def test_sixteen_bits_in_foreign_colours_say_that_they_become_eight(
    tmp_path: Path, fixed: Fixed, profile: bool
) -> None:
    import cv2

    wide = np.random.default_rng(0).integers(0, 65536, (60, 80, 3)).astype(np.uint16)
    raw = bytes(cv2.imencode(".png", wide)[1])
    if profile:
        packed = b"name\0\0" + zlib.compress(named_profile())
        chunk = b"iCCP" + packed
        raw = raw[:33] + struct.pack(">I", len(packed)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + raw[33:]
    (tmp_path / "in.png").write_bytes(raw)
    _, summary, _ = passed(tmp_path / "in.png")
    assert ("its colours now have 8 bits" in summary.notes) == profile


def test_a_raw_picture_of_a_camera_is_refused_and_not_taken_for_its_preview(
    tmp_path: Path, fixed: Fixed, portrait: Image.Image
) -> None:
    portrait.save(tmp_path / "in.NEF", "TIFF")
    with pytest.raises(InputError, match="raw picture"):
        blur(tmp_path / "in.NEF", tmp_path / "out.NEF")
    assert not (tmp_path / "out.NEF").exists()
