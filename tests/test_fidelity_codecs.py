"""Which encoder is taken, what it is told, and that what it cannot do is refused or said."""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import runs
from av.codec.context import ThreadType
from clips import Clip, make, seen
from numpy.typing import NDArray

from benchmarks.fidelity.look import LIGHT
from benchmarks.fidelity.media import cloth, film, still
from benchmarks.fidelity.read import side
from streamblur import OutputError, Progress, Settings, blur, planes, rooms
from streamblur.sinks import _codecs, _tags
from streamblur.sinks._threads import share

FAST = {"preset": "12"}
SAME = [
    (".mp4", Clip("libx264"), ".mp4", "h264"),
    (".mp4", Clip("libx265"), ".mp4", "hevc"),
    (".mp4", Clip("libx265"), ".mkv", "hevc"),
    (".mp4", Clip("libx265"), ".avi", "h264"),
    (".mkv", Clip("libx264", "yuv420p10le"), ".mp4", "h264"),
    (".webm", Clip("libvpx"), ".webm", "vp8"),
    (".webm", Clip("libvpx-vp9"), ".webm", "vp9"),
    (".webm", Clip("libvpx-vp9"), ".mov", "h264"),
    (".mkv", Clip("libsvtav1", options=FAST), ".webm", "av1"),
    (".mkv", Clip("ffv1", "yuv444p"), ".mkv", "ffv1"),
    (".mov", Clip("prores_ks", "yuv422p10le"), ".mov", "prores"),
    (".mov", Clip("prores_ks", "yuv422p10le"), ".mp4", "hevc"),
    (".avi", Clip("mpeg4"), ".mp4", "h264"),
    (".ts", Clip("mpeg2video"), ".ts", "h264"),
]


@pytest.mark.parametrize(("suffix", "clip", "to", "codec"), SAME)
def test_the_codec_stays_where_the_container_usually_holds_it(
    tmp_path: Path, suffix: str, clip: Clip, to: str, codec: str
) -> None:
    before, after = make(tmp_path / f"in{suffix}", clip), tmp_path / f"out{to}"
    blur(before, after)
    assert seen(after).codec == codec
    assert ("10" in seen(after).pixels) == ("10" in clip.pixels)


@pytest.mark.parametrize("name", ["h264_nvenc", "hevc_nvenc", "h264_qsv", "h264_amf", "h264_v4l2m2m"])
def test_hardware_that_is_not_here_is_one_sentence_before_the_first_frame(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make(tmp_path / "in.mp4", Clip(size=(320, 240)))
    if name not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {name}")
    monkeypatch.setattr("streamblur.engine.anonymize", lambda *_: pytest.fail("a frame was asked for"))
    with pytest.raises(OutputError) as caught:
        blur(before, tmp_path / "out.mp4", Settings(codec=name))
    assert f"cannot be encoded: {name} needs hardware or a driver that is not here. Use --codec auto." in str(
        caught.value
    )
    assert {p.name for p in tmp_path.iterdir()} == {"in.mp4"}


@pytest.mark.parametrize(
    "name", ["h264_nvenc", "hevc_nvenc", "av1_nvenc", "h264_qsv", "hevc_qsv", "h264_amf", "hevc_amf"]
)
@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium", "placebo"])
def test_hardware_is_told_in_words_that_it_knows(name: str, preset: str) -> None:
    """There is none here: all that can be known is that FFmpeg's encoder has these options and words."""
    if name not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {name}")
    context: Any = av.CodecContext.create(name, "w")
    offered = getattr(context, "supported_options", None)
    if offered is None:
        pytest.skip("this PyAV does not tell what an encoder knows")
    known = {option.name: option for option in (*offered.generic, *offered.private)}
    told = _codecs.options(Settings(codec=name, preset=preset, crf=21), name, _codecs.known(context))
    assert "21" in told.values()
    assert told["preset"]
    for key, value in told.items():
        words = {choice.name for choice in known[key].choices or ()}
        assert value.isdigit() or value in words, f"{name} does not know {key} {value}"
    assert _codecs.ignored(Settings(crf=21), name, _codecs.known(context)) == ()


def test_an_encoder_that_this_ffmpeg_lacks(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="h264_unheard is not a video encoder here: use auto"):
        blur(make(tmp_path / "in.mp4", Clip()), tmp_path / "out.mp4", Settings(codec="h264_unheard"))


@pytest.mark.parametrize("codec", ["ffv1", "mpeg4"])
def test_a_quality_that_the_encoder_does_not_know_is_said(tmp_path: Path, codec: str) -> None:
    summary = blur(make(tmp_path / "in.mp4", Clip()), tmp_path / "out.mkv", Settings(codec=codec, crf=20))
    assert f"--crf does nothing: {codec} has no such quality" in summary.notes


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le", "yuvj420p", "gbrp"])
def test_what_is_not_hidden_is_bit_exact_with_a_lossless_codec(tmp_path: Path, pixels: str) -> None:
    pictures = [still((640, 480), (4 * n, 96)) for n in range(12)]
    clip = Clip("libx265" if pixels == "gbrp" else "libx264", pixels, options={"crf": "12"})
    before = film(tmp_path / "in.mkv", pictures, clip)
    summary = blur(before, tmp_path / "out.mkv", Settings(codec="ffv1"))
    assert summary.tracks == 1
    with av.open(str(before)) as old, av.open(str(tmp_path / "out.mkv")) as new:
        for a, b in zip(old.decode(video=0), new.decode(video=0), strict=True):
            for first, second in zip(_components(a), _components(b), strict=True):
                changed = first != second
                half = changed.shape[1] * 3 // 4
                assert changed[:, :half].any()
                assert not changed[:, half:].any(), "pixels far from the face were changed"


def _components(frame: av.VideoFrame) -> list[NDArray[Any]]:
    return [c.view for c in sorted(planes.components(frame), key=lambda c: c.layout.name)]


QUALITIES = [
    ("libx264", ".mp4"),
    ("libx265", ".mp4"),
    ("libvpx-vp9", ".webm"),
    ("libvpx", ".webm"),
    ("libsvtav1", ".mkv"),
]


@pytest.mark.parametrize(("codec", "suffix"), QUALITIES)
def test_every_usual_encoder_keeps_42_decibels_by_default(tmp_path: Path, codec: str, suffix: str) -> None:
    before = film(
        tmp_path / "in.mp4", [cloth()[:192, 4 * n : 4 * n + 320] for n in range(12)], Clip(options={"qp": "0"})
    )
    blur(before, tmp_path / f"out{suffix}", Settings(codec=codec))
    errors = []
    with av.open(str(before)) as old, av.open(str(tmp_path / f"out{suffix}")) as new:
        for a, b in zip(old.decode(video=0), new.decode(video=0), strict=True):
            first, second = (f.to_ndarray(format="gray").astype(float) for f in (a, b))
            errors.append(float(((first - second) ** 2).mean()))
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 42


@pytest.mark.parametrize(
    ("codec", "kept"), [("libx265", True), ("libx264", True), ("libsvtav1", True), ("ffv1", False)]
)
def test_hdr_light_is_kept_or_its_loss_is_said(tmp_path: Path, codec: str, kept: bool) -> None:
    tags = {"color_range": 1, "colorspace": 9, "color_primaries": 9, "color_trc": 16}
    before = make(tmp_path / "in.mp4", Clip("libx265", "yuv420p10le", tags=tags, options=LIGHT))
    summary = blur(before, tmp_path / "out.mkv", Settings(codec=codec))
    after = side(tmp_path / "out.mkv")
    assert ("CONTENT_LIGHT_LEVEL" in after) == ("MASTERING_DISPLAY_METADATA" in after) == kept
    assert ("dropped the HDR light levels" in summary.notes) != kept
    if kept:
        assert after["CONTENT_LIGHT_LEVEL"] == side(before)["CONTENT_LIGHT_LEVEL"]
        assert _screen(after) == pytest.approx(_screen(side(before)), abs=0.0002)


def _screen(found: dict[str, bytes]) -> list[float]:
    numbers = struct.unpack("=20i", found["MASTERING_DISPLAY_METADATA"][:80])
    return [numbers[n] / numbers[n + 1] for n in range(0, 20, 2)]


def test_hdr_light_is_kept_when_the_first_picture_was_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyAV's extra data of a frame dangles after ``make_writable``: this read freed memory once."""
    monkeypatch.setattr(rooms, "part", runs.part)
    before = make(tmp_path / "in.mp4", Clip("libx265", "yuv420p10le", size=(640, 480), options=LIGHT))
    for number in range(10):
        assert blur(before, tmp_path / f"{number}.mp4").tracks == 1
        after, expected = side(tmp_path / f"{number}.mp4"), side(before)
        for name in ("CONTENT_LIGHT_LEVEL", "MASTERING_DISPLAY_METADATA"):
            assert after[name] == expected[name]


@pytest.mark.parametrize(("profile", "pure"), [(0, True), (1, False)])
def test_dolby_vision_alone_is_refused(profile: int, pure: bool) -> None:
    head = struct.pack("N", 32) + bytes(24) + struct.pack("=BxHB", 2, 18, profile) + bytes(40)
    assert _tags._dolby_only(head) == pure


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "mjpeg", "libvpx-vp9", "libsvtav1", "prores_ks"])
def test_no_encoder_signs_its_work(tmp_path: Path, codec: str) -> None:
    place = tmp_path / "out.mkv"
    blur(make(tmp_path / "in.mp4", Clip()), place, Settings(codec=codec))
    data = place.read_bytes()
    for name in (b"x264 - core", b"x265 (build", b"Lavc6", b"Lavf6", b"options:", b"SVT-AV1"):
        assert name not in data
    assert len(seen(place).times) == 12


def test_a_change_of_the_picture_on_the_way_is_said(tmp_path: Path) -> None:
    parts = [make(tmp_path / f"{size[0]}.ts", Clip(size=size)) for size in ((96, 64), (128, 96))]
    (tmp_path / "in.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    notes = blur(tmp_path / "in.ts", tmp_path / "out.mp4").notes
    assert "the picture changes on the way to 128x96 yuv420p; it is written as 96x64" in notes


@pytest.mark.parametrize("name", ["nonsense", "aac", "libx264:x=1", "-i"])
def test_what_is_no_video_encoder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="is not a video encoder here"):
        blur(make(tmp_path / "in.mp4", Clip()), tmp_path / "out.mp4", Settings(codec=name))


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="only Linux tells of priorities")
def test_no_thread_is_left_at_a_priority_of_its_own(tmp_path: Path) -> None:
    """SVT-AV1, opened by root, makes every thread a real-time thread."""
    source = make(tmp_path / "in.mp4", Clip(size=(96, 64), times=tuple(range(8))))
    kinds: set[int] = set()

    def watch(_: Progress) -> None:
        for task in os.listdir("/proc/self/task"):
            with contextlib.suppress(OSError):
                kinds.add(os.sched_getscheduler(int(task)))

    blur(source, tmp_path / "out.mkv", Settings(codec="libsvtav1", detector="mediapipe", preset="ultrafast"), watch)
    assert kinds == {os.SCHED_OTHER}
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.parametrize(
    ("size", "live", "at_once"),
    [((1920, 1080), False, True), ((3840, 2160), False, False), ((1920, 1080), True, False)],
)
def test_x264_works_on_pictures_at_once_unless_they_are_large_or_live(
    size: tuple[int, int], live: bool, at_once: bool
) -> None:
    """Slices make the file larger; pictures at once take memory, and come later."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height = size
    context.options = {"preset": "ultrafast"}
    share(context, live)
    assert (context.thread_type == ThreadType.FRAME) == at_once
    assert context.options.get("b-pyramid") == (None if at_once or live else "none")
    assert context.options["preset"] == "ultrafast"


def test_other_encoders_choose_their_threads_themselves() -> None:
    context: Any = av.CodecContext.create("libx265", "w")
    before = context.thread_type, context.thread_count
    share(context, False)
    assert (context.thread_type, context.thread_count) == before
