"""The file sink against clips of known truth: same times, same sound, same look, and nothing else left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, Seen, make, picture, seen
from test_sources import TURNS

from streamblur import planes
from streamblur.errors import OutputError
from streamblur.settings import Settings
from streamblur.sinks._pixels import Repacker, target
from streamblur.sinks.file import build as sink
from streamblur.sources.file import build as source
from streamblur.values import Frame, SafeFrame, StreamInfo

FAST = "ultrafast"
TWELVE = tuple(range(12))


def passed(place: Path, to: Path, **chosen: object) -> tuple[Seen, tuple[str, ...]]:
    """The file as it comes out of source and sink with nothing in between, and what the sink noted."""
    settings = Settings(**{"preset": FAST, **chosen})  # type: ignore[arg-type]
    with closing(source(settings, place)) as frames:
        output = sink(settings, frames.info, to)
        try:
            for frame in frames:
                output.write(SafeFrame(frame))
            output.close()
        finally:
            output.abort()
    return seen(to), getattr(output, "notes", ())


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


INPUTS = [
    (".mp4", Clip()),
    (".mov", Clip("libx265")),
    (".mkv", Clip("libx265", "yuv420p10le")),
    (".webm", Clip("libvpx")),
    (".webm", Clip("libvpx-vp9")),
    (".mp4", Clip("libsvtav1", options={"preset": "12"})),
    (".avi", Clip("mpeg4")),
    (".avi", Clip("mjpeg", "yuvj420p")),
    (".ts", Clip()),
    (".flv", Clip("flv")),
    (".m4v", Clip(format="mp4")),
]


@pytest.mark.parametrize(("suffix", "clip"), INPUTS, ids=[f"{c.codec}{s}" for s, c in INPUTS])
@pytest.mark.parametrize("to", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv", ".m4v"])
def test_frames_and_times_from_and_to_every_container(tmp_path: Path, suffix: str, clip: Clip, to: str) -> None:
    before = make(tmp_path / f"in{suffix}", clip)
    after, _ = passed(before, tmp_path / f"out{to}")
    truth = seen(before)
    assert len(after.times) == len(truth.times)
    shift = after.times[0] - truth.times[0]
    assert all(abs(a - b - shift) <= Fraction(1, 1000) for a, b in zip(after.times, truth.times, strict=True))
    assert np.abs(after.pictures[-1].astype(int) - truth.pictures[-1]).mean() < 4
    assert left_in(tmp_path) == {before.name, f"out{to}"}


def test_varying_times_and_the_last_length_are_kept(tmp_path: Path) -> None:
    times = (900, 1800, 7200, 7290, 20000, 45000, 45900, 60000)
    clip = Clip(times=times, time_base=Fraction(1, 90000), last=27000, options={"bf": "0"})
    before = make(tmp_path / "in.mp4", clip)
    for preset in ("ultrafast", "medium"):
        for name in (f"{preset}.mp4", f"{preset}.mov"):
            after, _ = passed(before, tmp_path / name, preset=preset)
            assert after.times == [Fraction(t, 90000) for t in times]
            assert abs(announced_end(tmp_path / name) - Fraction(87000, 90000)) <= Fraction(1, 1000)
        for name in (f"{preset}.mkv", f"{preset}.webm"):
            after, _ = passed(before, tmp_path / name, preset=preset)
            assert all(
                abs(a - Fraction(t, 90000)) <= Fraction(1, 1000) for a, t in zip(after.times, times, strict=True)
            )
            assert abs(after.end - Fraction(87000, 90000)) <= Fraction(2, 1000)


def announced_end(place: Path) -> Fraction:
    """What the head of an .mp4 says; FFmpeg's reader derives it from the samples in decoding order instead."""
    data = place.read_bytes()
    at = data.index(b"mvhd") + 16
    return Fraction(int.from_bytes(data[at + 4 : at + 8], "big"), int.from_bytes(data[at : at + 4], "big"))


def test_avi_refuses_varying_times(tmp_path: Path) -> None:
    before = make(tmp_path / "in.mp4", Clip(times=(0, 900, 7200), time_base=Fraction(1, 90000)))
    with pytest.raises(OutputError, match="varying times"):
        passed(before, tmp_path / "out.avi")
    assert left_in(tmp_path) == {"in.mp4"}


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "libvpx-vp9", "libsvtav1", "ffv1", "mjpeg"])
def test_every_encoder_keeps_fine_times(tmp_path: Path, codec: str) -> None:
    times = tuple(n * 3003 for n in range(20))
    before = make(tmp_path / "in.mp4", Clip(times=times, time_base=Fraction(1, 90000), rate=Fraction(30000, 1001)))
    after, _ = passed(before, tmp_path / "out.mkv", codec=codec)
    assert all(abs(a - Fraction(t, 90000)) <= Fraction(1, 1000) for a, t in zip(after.times, times, strict=True))


SOUNDS = [
    (".mp4", "aac", ".mp4"),
    (".mp4", "aac", ".mkv"),
    (".mp4", "aac", ".ts"),
    (".mp4", "ac3", ".mp4"),
    (".mkv", "flac", ".mkv"),
    (".mkv", "libopus", ".mkv"),
    (".webm", "libopus", ".webm"),
    (".mov", "pcm_s16le", ".mov"),
    (".avi", "mp2", ".mkv"),
    (".flv", "aac", ".flv"),
]


@pytest.mark.parametrize(("suffix", "codec", "to"), SOUNDS)
def test_sound_is_copied_packet_for_packet(tmp_path: Path, suffix: str, codec: str, to: str) -> None:
    video = "libvpx" if suffix == ".webm" else "mpeg4" if suffix == ".avi" else "libx264"
    before = make(tmp_path / f"in{suffix}", Clip(video, times=tuple(range(40)), sound=((codec, "deu"),)))
    after, _ = passed(before, tmp_path / f"out{to}")
    truth = seen(before)
    (_, old), (language, new) = truth.sounds[0], after.sounds[0]
    assert [digest for _, digest in new] == [digest for _, digest in old]
    offsets = {
        round(float((a - after.times[0]) - (b - truth.times[0])), 3) for (a, _), (b, _) in zip(new, old, strict=True)
    }
    assert max(map(abs, offsets)) <= 0.001
    assert (
        to not in (".mp4", ".mkv", ".webm")
        or suffix in (".flv", ".avi")
        or language == ("ger" if language != "deu" else "deu")
    )


def test_two_tracks_and_languages(tmp_path: Path) -> None:
    before = make(tmp_path / "in.mp4", Clip(times=tuple(range(40)), sound=(("aac", "eng"), ("ac3", "fra"))))
    after, _ = passed(before, tmp_path / "out.mp4")
    truth = seen(before)
    assert [language for language, _ in after.sounds] == ["eng", "fra"]
    assert after.sounds == truth.sounds


@pytest.mark.parametrize("to", [".mp4", ".mkv", ".ts"])
def test_offset_between_picture_and_sound(tmp_path: Path, to: str) -> None:
    times = tuple(range(125, 150))
    before = make(tmp_path / "in.mp4", Clip(times=times, sound=(("aac", "eng"),), sound_start=5.2))
    after, _ = passed(before, tmp_path / f"out{to}")
    truth = seen(before)
    old = truth.sounds[0][1][0][0] - truth.times[0]
    new = after.sounds[0][1][0][0] - after.times[0]
    assert float(old) == pytest.approx(0.2 - 1024 / 48000, abs=0.001)
    assert abs(old - new) <= Fraction(1, 1000)
    assert to != ".mp4" or after.times[0] == 5


def test_sound_the_container_cannot_hold(tmp_path: Path) -> None:
    before = make(tmp_path / "in.mp4", Clip(sound=(("aac", "eng"),)))
    with pytest.raises(OutputError, match=r"\.webm cannot hold the sound of in\.mp4 \(aac\)"):
        passed(before, tmp_path / "out.webm")
    assert left_in(tmp_path) == {"in.mp4"}
    after, notes = passed(before, tmp_path / "out.webm", audio=False)
    assert not after.sounds
    assert notes == ("dropped 1 audio track",)


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("to", [".mp4", ".mov", ".mkv", ".webm"])
def test_turned_pictures_are_shown_the_same(tmp_path: Path, orientation: int, to: str) -> None:
    before = make(tmp_path / "in.mp4", Clip(matrix=TURNS[orientation]))
    after, _ = passed(before, tmp_path / f"out{to}")
    again = source(Settings(), tmp_path / f"out{to}")
    again.close()
    assert again.info.orientation == orientation
    shown = planes.turned(after.pictures[0], again.info.orientation).astype(int)
    assert np.abs(shown - planes.turned(seen(before).pictures[0], orientation)).mean() < 4


def test_turned_pictures_are_refused_where_they_cannot_be_said(tmp_path: Path) -> None:
    before = make(tmp_path / "in.mp4", Clip(matrix=TURNS[6]))
    for to in (".avi", ".ts", ".flv"):
        with pytest.raises(OutputError, match=r"choose \.mp4 or \.mkv"):
            passed(before, tmp_path / f"out{to}")
    assert left_in(tmp_path) == {"in.mp4"}


SHAPES = [(s, "auto") for s in (".mp4", ".mov", ".mkv", ".avi", ".ts", ".flv")]
SHAPES += [
    (".mp4", "libsvtav1"),
    (".mp4", "libvpx-vp9"),
    (".mkv", "libx265"),
    (".avi", "mpeg4"),
    (".mkv", "mjpeg"),
]


@pytest.mark.parametrize(("to", "codec"), SHAPES)
def test_pixel_shape_is_kept(tmp_path: Path, to: str, codec: str) -> None:
    after, _ = passed(make(tmp_path / "in.mp4", Clip(shape=Fraction(4, 3))), tmp_path / f"out{to}", codec=codec)
    assert after.shape == Fraction(4, 3)


def test_pixel_shape_is_refused_where_it_cannot_be_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not square"):
        passed(make(tmp_path / "in.mp4", Clip(shape=Fraction(4, 3))), tmp_path / "out.webm")
    assert left_in(tmp_path) == {"in.mp4"}


COLOURS = [
    ("libx264", "yuv420p", {"color_range": 1, "colorspace": 1, "color_primaries": 1, "color_trc": 1}),
    ("libx264", "yuv420p", {"color_range": 1, "colorspace": 6, "color_primaries": 6, "color_trc": 6}),
    ("libx264", "yuv420p", {"color_range": 2, "colorspace": 5, "color_primaries": 5, "color_trc": 6}),
    ("libx264", "yuvj420p", {"color_range": 2, "colorspace": 1, "color_primaries": 1, "color_trc": 1}),
    ("libx265", "yuv420p10le", {"color_range": 1, "colorspace": 9, "color_primaries": 9, "color_trc": 18}),
    ("libx265", "yuv420p10le", {"color_range": 1, "colorspace": 9, "color_primaries": 9, "color_trc": 16}),
    ("libx265", "yuv420p10le", {"color_range": 2, "colorspace": 9, "color_primaries": 9, "color_trc": 14}),
]


@pytest.mark.parametrize(("codec", "pixels", "tags"), COLOURS)
@pytest.mark.parametrize("to", [".mp4", ".mkv", ".mov"])
def test_colour_tags_are_kept(tmp_path: Path, codec: str, pixels: str, tags: dict[str, int], to: str) -> None:
    before = make(tmp_path / "in.mp4", Clip(codec, pixels, tags=tags))
    after, _ = passed(before, tmp_path / f"out{to}")
    assert {name: getattr(after.first, name) for name in tags} == tags
    assert after.codec == ("hevc" if "10" in pixels else "h264")
    assert ("10" in after.pixels) == ("10" in pixels)


@pytest.mark.parametrize(("codec", "kept"), [("libx264", True), ("libx265", False)])
def test_fields_are_kept_or_their_loss_is_said(tmp_path: Path, codec: str, kept: bool) -> None:
    clip = Clip(options={"flags": "+ildct+ilme", "x264-params": "tff=1"})
    before = make(tmp_path / "in.mp4", clip)
    assert seen(before).first.interlaced_frame
    after, notes = passed(before, tmp_path / "out.mp4", codec=codec)
    assert after.first.interlaced_frame == kept
    assert bool(notes) != kept


ODD = [(53, 30), (54, 31), (33, 47), (853, 480), (607, 1079)]


@pytest.mark.parametrize("size", ODD)
@pytest.mark.parametrize("to", [".mp4", ".webm", ".mkv"])
def test_odd_sizes_stay_exactly(tmp_path: Path, size: tuple[int, int], to: str) -> None:
    before = make(tmp_path / "in.mkv", Clip("ffv1", size=size, times=(0, 1)))
    after, notes = passed(before, tmp_path / f"out{to}")
    assert after.pictures[0].shape == (size[1], size[0], 3)
    assert bool(notes) == (to == ".mp4")  # FFV1 and VP9 can say half a colour sample
    assert np.abs(after.pictures[1].astype(int) - seen(before).pictures[1]).mean() < 4


def test_odd_size_repeats_colour_and_keeps_brightness() -> None:
    before = picture(3, "yuv420p", (53, 31))
    after = Repacker("yuv420p", "yuv444p", 53, 31)(before)
    (y, u, _), (new_y, new_u, _) = planes.components(before), planes.components(after)
    assert np.array_equal(y.view, new_y.view)
    assert np.array_equal(new_u.view, u.view.repeat(2, 0).repeat(2, 1)[:31, :53])


NATIVE = [f"yuv{c}p{d}" for c in ("420", "422", "444") for d in ("", "10le", "12le")]
NATIVE += ["yuvj420p", "yuvj422p", "yuvj444p", "nv12", "p010le", "gray", "gray10le", "rgb24", "bgr24", "gbrp", "bgra"]
NATIVE += ["gbrp10le", "gbrp16le", "yuyv422", "uyvy422", "yuv411p", "yuv440p", "yuv444p16le", "yuva420p", "nv21"]
ENCODERS = ["libx264", "libx265", "libvpx-vp9", "ffv1", "mpeg4", "libsvtav1"]


def frames_of(pixels: str, count: int = 3) -> Iterator[SafeFrame]:
    for number in range(count):
        shown = picture(number, pixels, (96, 64))
        shown.color_range = 2 if pixels.startswith("yuvj") else 0
        yield SafeFrame(Frame(shown, number, Fraction(1, 25)))


@pytest.mark.parametrize("pixels", NATIVE)
@pytest.mark.parametrize("codec", ENCODERS)
def test_every_native_format_goes_into_every_encoder(tmp_path: Path, pixels: str, codec: str) -> None:
    info = StreamInfo(96, 64, Fraction(25), Fraction(1, 25), pixels)
    output = sink(Settings(codec=codec, preset=FAST, crf=10), info, tmp_path / "out.mkv")
    for frame in frames_of(pixels):
        output.write(frame)
    output.close()
    after = seen(tmp_path / "out.mkv")
    truth = picture(2, pixels, (96, 64))
    if "bgra" in pixels or "yuva" in pixels:
        truth = Repacker(pixels, "bgr0" if pixels == "bgra" else "yuv420p", 96, 64)(truth)
    truth.color_range = 2 if pixels.startswith("yuvj") else 0
    wrong = np.abs(after.pictures[2].astype(int) - truth.to_ndarray(format="rgb24")).mean()
    assert len(after.times) == 3
    assert wrong < 8, (pixels, codec, after.pixels)


@pytest.mark.parametrize(
    ("pixels", "encoder", "after"),
    [
        ("yuv420p", "libx264", "yuv420p"),
        ("nv12", "libx264", "nv12"),
        ("yuyv422", "libx264", "yuv422p"),
        ("p010le", "libx265", "yuv420p10le"),
        ("p010le", "libx264", "yuv420p10le"),
        ("yuv420p12le", "libx265", "yuv420p12le"),
        ("rgb24", "libx264", "yuv444p"),
        ("gbrp", "libx265", "gbrp"),
        ("rgb24", "libx265", "gbrp"),
        ("yuv444p16le", "libx265", "yuv444p12le"),
        ("yuv422p", "mpeg4", "yuv420p"),
        ("yuvj420p", "libvpx-vp9", "yuv420p"),
        ("yuv420p10le", "libsvtav1", "yuv420p10le"),
        ("gray", "mpeg4", "yuv420p"),
    ],
)
def test_the_format_chosen_loses_as_little_as_possible(pixels: str, encoder: str, after: str) -> None:
    offered = [f.name for f in av.Codec(encoder, "w").video_formats or ()]
    assert target(pixels, encoder, offered, (False, False)) == after


def test_repacking_loses_nothing() -> None:
    random = np.random.default_rng(1)
    for before, after in (("p010le", "yuv420p10le"), ("nv12", "yuv420p"), ("yuyv422", "yuv422p"), ("rgb24", "gbrp")):
        old = picture(0, before, (50, 34))
        for part in planes.components(old):
            part.view[:] = random.integers(0, 1 << part.layout.bits, part.view.shape) << part.layout.shift
        new = {c.layout.name: c.view for c in planes.components(Repacker(before, after, 50, 34)(old))}
        for part in planes.components(old):
            assert np.array_equal(part.view >> part.layout.shift, new[part.layout.name])


class TestPlace:
    """What may be written where, and what is left when it may not."""

    info = StreamInfo(96, 64, Fraction(25), Fraction(1, 25), "yuv420p")

    def test_existing_output_needs_force(self, tmp_path: Path) -> None:
        (tmp_path / "out.mp4").write_bytes(b"x" * 1_000_000)
        with pytest.raises(OutputError, match="exists already"):
            sink(Settings(), self.info, tmp_path / "out.mp4")
        before = make(tmp_path / "in.mp4", Clip())
        passed(before, tmp_path / "out.mp4", force=True)
        passed(before, tmp_path / "fresh.mp4")
        assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "fresh.mp4").read_bytes()

    @pytest.mark.parametrize("how", ["path", "symlink", "hardlink", "dots"])
    def test_the_input_is_never_replaced(self, tmp_path: Path, how: str) -> None:
        before = make(tmp_path / "in.mp4", Clip())
        (tmp_path / "sub").mkdir()
        to = {"path": before, "dots": tmp_path / "sub" / ".." / "in.mp4"}.get(how, tmp_path / "out.mp4")
        if how == "symlink":
            to.symlink_to(before)
        if how == "hardlink":
            to.hardlink_to(before)
        data, names = before.read_bytes(), left_in(tmp_path)
        with pytest.raises(OutputError, match="is the input itself"):
            passed(before, to, force=True)
        assert before.read_bytes() == data
        assert left_in(tmp_path) == names

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [("nowhere/out.mp4", "folder"), ("out.xyz", "suffix"), ("out", "suffix"), ("dir.mp4", "not a plain file")],
    )
    def test_places_that_cannot_be(self, tmp_path: Path, name: str, sentence: str) -> None:
        (tmp_path / "dir.mp4").mkdir()
        with pytest.raises(OutputError, match=sentence):
            sink(Settings(force=True), self.info, tmp_path / name)
        assert left_in(tmp_path) == {"dir.mp4"}

    def test_hidden_private_and_then_as_usual(self, tmp_path: Path) -> None:
        output = sink(Settings(preset=FAST), self.info, tmp_path / "out.mp4")
        (partial,) = left_in(tmp_path)
        assert partial.startswith(".out.mp4.")
        assert partial.endswith(".streamblur-partial")
        assert (tmp_path / partial).stat().st_mode & 0o777 == 0o600
        for frame in frames_of("yuv420p"):
            output.write(frame)
        assert left_in(tmp_path) == {partial}
        before = os.umask(0o027)
        try:
            output.close()
        finally:
            os.umask(before)
        assert left_in(tmp_path) == {"out.mp4"}
        assert (tmp_path / "out.mp4").stat().st_mode & 0o777 == 0o640
        output.close()
        output.abort()
        assert left_in(tmp_path) == {"out.mp4"}

    @pytest.mark.parametrize("written", [0, 2])
    def test_abort_leaves_nothing(self, tmp_path: Path, written: int) -> None:
        output = sink(Settings(preset=FAST), self.info, tmp_path / "out.mp4")
        for frame in frames_of("yuv420p", written):
            output.write(frame)
        output.abort()
        output.abort()
        output.close()
        assert left_in(tmp_path) == set()

    def test_no_frame_is_an_error(self, tmp_path: Path) -> None:
        output = sink(Settings(), self.info, tmp_path / "out.mp4")
        with pytest.raises(OutputError, match="no frame"):
            output.close()
        assert left_in(tmp_path) == set()

    @pytest.mark.parametrize(
        "name", ["-o.mp4", "concat:x.mp4", "a%03d.mp4", "new\nline.mp4", "\udcff.mp4", "ü" * 110 + ".mp4"]
    )
    def test_names_are_only_names(self, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        output = sink(Settings(preset=FAST), self.info, Path(name))
        for frame in frames_of("yuv420p"):
            output.write(frame)
        output.close()
        assert left_in(tmp_path) == {name}

    def test_leftovers_of_dead_runs_go_and_of_living_runs_stay(self, tmp_path: Path) -> None:
        dead = tmp_path / ".out.mp4.0123abcd.streamblur-partial"
        dead.write_bytes(b"half a recording")
        others = tmp_path / ".other.mp4.0123abcd.streamblur-partial"
        others.write_bytes(b"not ours")
        living = sink(Settings(), self.info, tmp_path / "out.mp4")
        second = sink(Settings(), self.info, tmp_path / "out.mp4")
        assert not dead.exists()
        assert others.exists()
        assert len(left_in(tmp_path)) == 3
        living.abort()
        second.abort()

    def test_output_that_appears_meanwhile_is_not_replaced(self, tmp_path: Path) -> None:
        output = sink(Settings(preset=FAST), self.info, tmp_path / "out.mp4")
        for frame in frames_of("yuv420p"):
            output.write(frame)
        (tmp_path / "out.mp4").write_text("mine")
        with pytest.raises(OutputError, match="meanwhile"):
            output.close()
        assert (tmp_path / "out.mp4").read_text() == "mine"
        assert left_in(tmp_path) == {"out.mp4"}


@contextmanager
def no_space_after(size: int) -> Iterator[None]:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [10, 20_000, 200_000])
def test_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    before = make(tmp_path / "in.mkv", Clip("ffv1", size=(320, 240), times=tuple(range(60))))
    with no_space_after(size), pytest.raises(OutputError, match=r"cannot write .*out\.mkv"):
        passed(before, tmp_path / "out.mkv", codec="rawvideo")
    assert left_in(tmp_path) == {"in.mkv"}


@pytest.mark.parametrize(
    ("codec", "name", "sentence"),
    [
        ("libx264", "out.webm", "cannot hold libx264"),
        ("prores_ks", "out.flv", "cannot hold prores_ks"),
        ("nonsense", "out.mp4", "not a video encoder"),
        ("aac", "out.mp4", "not a video encoder"),
    ],
)
def test_encoder_and_container_must_agree(tmp_path: Path, codec: str, name: str, sentence: str) -> None:
    with pytest.raises(OutputError, match=sentence):
        sink(Settings(codec=codec), TestPlace.info, tmp_path / name)
    assert left_in(tmp_path) == set()


def test_unknown_preset(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no preset sloow"):
        sink(Settings(preset="sloow"), TestPlace.info, tmp_path / "out.mp4")
    assert left_in(tmp_path) == set()


def test_only_picture_and_sound_leave(tmp_path: Path) -> None:
    made = make(tmp_path / "made.mkv", Clip(sound=(("flac", "eng"),)))
    before = tmp_path / "in.mkv"
    with av.open(made) as old, av.open(before, "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        words = new.add_mux_stream("subrip")
        new.add_attachment("canary.txt", "text/plain", b"canary")
        new.metadata["title"] = new.metadata["location"] = "canary"
        copies[0].metadata["comment"] = copies[1].metadata["title"] = "canary"
        chapter = {"id": 1, "start": 0, "end": 400, "time_base": Fraction(1, 1000), "metadata": {"title": "canary"}}
        new.set_chapters([chapter])  # type: ignore[list-item]
        text = av.Packet(b"canary 48.85")
        text.pts = text.dts = 0
        text.duration, text.time_base, text.stream = 100, Fraction(1, 1000), words
        for packet in (p for p in old.demux() if p.size):
            packet.stream = copies[packet.stream_index]
            new.mux(packet)
        new.mux(text)
    assert before.read_bytes().count(b"canary") >= 5
    for name in ("out.mkv", "out.mp4", "out.mov"):
        after, notes = passed(before, tmp_path / name, audio=name == "out.mkv")
        assert after.others == 0
        assert b"canary" not in (tmp_path / name).read_bytes()
        assert b"Lavf6" not in (tmp_path / name).read_bytes()
        assert {"dropped 1 subtitle track", "dropped 1 attachment", "dropped 1 chapter"} <= set(notes)


def test_hidden_sound_before_the_edit_stays_behind(tmp_path: Path) -> None:
    made = make(tmp_path / "made.mp4", Clip(times=tuple(range(50)), sound=(("aac", "eng"),)))
    before = tmp_path / "in.mp4"
    with av.open(made) as old, av.open(before, "w") as new:
        copies = [new.add_stream_from_template(s, opaque=True) for s in old.streams]
        for packet in (p for p in old.demux() if p.size):
            shift = round(Fraction(1, 2) / packet.time_base)
            packet.pts, packet.dts = (packet.pts or 0) - shift, (packet.dts or 0) - shift
            packet.stream = copies[packet.stream_index]
            new.mux(packet)
    with av.open(before) as container:
        hidden = sum(p.is_discard for p in container.demux(audio=0))
    after, _ = passed(before, tmp_path / "out.mp4")
    with av.open(tmp_path / "out.mp4") as container:
        left = sum(p.is_discard for p in container.demux(audio=0))
    assert hidden > 20
    assert left <= 1
    assert after.sounds[0][1][-1] == seen(before).sounds[0][1][-1]


def test_nothing_reaches_the_terminal(tmp_path: Path) -> None:
    make(tmp_path / "in.mp4", Clip(sound=(("aac", "eng"),)))
    script = (
        "import sys; from pathlib import Path; import test_sinks as t\n"
        "for codec in ('libx264', 'libx265', 'libvpx-vp9', 'libsvtav1', 'mpeg4'):\n"
        "    t.passed(Path('in.mp4'), Path(codec + '.mkv'), codec=codec)\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")


@pytest.mark.parametrize(
    ("suffix", "video", "sound"),
    [(".ts", "libx264", "aac"), (".ts", "mpeg2video", "mp2"), (".ts", "libx264", "ac3"), (".flv", "flv", "aac")],
)
@pytest.mark.parametrize("to", [".mkv", ".mp4"])
def test_sound_that_must_be_looked_at_to_be_known(tmp_path: Path, suffix: str, video: str, sound: str, to: str) -> None:
    before = make(tmp_path / f"in{suffix}", Clip(video, times=tuple(range(40)), sound=((sound, "eng"),)))
    passed(before, tmp_path / f"out{to}")
    with av.open(str(tmp_path / f"out{to}")) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
        assert container.streams.audio[0].rate == 48000
    assert heard / 48000 == pytest.approx(1.6, abs=0.1)
