"""The file source against clips of known truth: every frame at its time, or an error."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.codec.hwaccel import hwdevices_available
from clips import Clip, make, seen
from numpy.typing import NDArray

from streamblur import planes
from streamblur.accepted import CODECS
from streamblur.errors import InputError, SettingsError
from streamblur.settings import Settings
from streamblur.sources._clock import Clock
from streamblur.sources._hardware import decoding_device
from streamblur.sources.file import build
from streamblur.values import Frame, StreamInfo

VIDEOS = Path(__file__).resolve().parents[2] / "shared" / "media" / "videos"
SIXTY = tuple(range(60))
TURNS = {
    1: (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30),
    2: (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30),
    3: (-65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30),
    4: (65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30),
    5: (0, 65536, 0, 65536, 0, 0, 0, 0, 1 << 30),
    6: (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30),
    7: (0, -65536, 0, -65536, 0, 0, 0, 0, 1 << 30),
    8: (0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30),
}


def read(place: Path) -> tuple[StreamInfo, list[Frame]]:
    source = build(Settings(), place)
    try:
        return source.info, list(source)
    finally:
        source.close()


def brightness(frame: Frame) -> NDArray[Any]:
    return planes.components(frame.picture)[0].view


INPUTS = [
    (".mp4", Clip()),
    (".mp4", Clip("libx265")),
    (".mp4", Clip("libsvtav1", options={"preset": "12"})),
    (".mov", Clip("prores_ks", "yuv422p10le")),
    (".m4v", Clip(format="mp4")),
    (".mkv", Clip("libx265", "yuv420p10le")),
    (".mkv", Clip("ffv1")),
    (".webm", Clip("libvpx")),
    (".webm", Clip("libvpx-vp9")),
    (".webm", Clip("libsvtav1", options={"preset": "12"})),
    (".avi", Clip("mpeg4")),
    (".avi", Clip("mjpeg", "yuvj420p")),
    (".ts", Clip()),
    (".ts", Clip("mpeg2video")),
    (".flv", Clip("flv")),
    (".flv", Clip()),
    (".mpg", Clip("mpeg2video")),
    (".wmv", Clip("wmv2")),
    (".mxf", Clip("mpeg2video")),
    (".gif", Clip("gif", "gray")),
    (".y4m", Clip("wrapped_avframe")),
    (".h264", Clip()),
]


@pytest.mark.parametrize(("suffix", "clip"), INPUTS, ids=[f"{c.codec}{s}" for s, c in INPUTS])
def test_every_frame_at_its_time(tmp_path: Path, suffix: str, clip: Clip) -> None:
    info, frames = read(make(tmp_path / f"a{suffix}", clip))
    steps = {round(float((b.pts - a.pts) * info.time_base), 3) for a, b in itertools.pairwise(frames)}
    assert len(frames) == 12
    assert steps == {0.04}
    assert (info.width, info.height) == (96, 64)
    assert info.rate == 25
    assert {f.picture.format.name for f in frames} == {info.pixel_format}
    assert info.frames in (None, 12)


NATIVE = [
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "yuv422p10le",
    "yuv444p10le",
    "yuv420p12le",
    "gray",
    "yuv411p",
]
RAW = {
    "yuvj420p": (".mov", "mjpeg"),
    "nv12": (".avi", "rawvideo"),
    "rgb24": (".mov", "rawvideo"),
    "bgr24": (".avi", "rawvideo"),
    "bgra": (".avi", "rawvideo"),
    "yuyv422": (".avi", "rawvideo"),
    "uyvy422": (".mov", "rawvideo"),
    "gbrp": (".mp4", "libx265"),
    "gbrp10le": (".mkv", "ffv1"),
}


@pytest.mark.parametrize("pixels", NATIVE)
def test_native_pixels_pass_untouched(tmp_path: Path, pixels: str) -> None:
    info, frames = read(make(tmp_path / "a.mkv", Clip("ffv1", pixels)))
    assert info.pixel_format == pixels
    assert not info.notes
    luma = planes.components(frames[3].picture)[0]
    unit = 1 << (luma.layout.bits - 8)
    assert luma.view[0, 0] == (140 + 12) * unit
    assert luma.view[-1, -1] == (30 + 12) * unit


@pytest.mark.parametrize("pixels", RAW)
def test_packed_and_semi_planar_pixels(tmp_path: Path, pixels: str) -> None:
    suffix, codec = RAW[pixels]
    info, frames = read(make(tmp_path / f"a{suffix}", Clip(codec, pixels)))
    assert info.pixel_format == pixels
    assert len(frames) == 12
    first = brightness(frames[0])
    assert first[0, 0] > first[-1, -1]


def test_foreign_pixels_are_converted_once_and_said(tmp_path: Path) -> None:
    frames = [np.full((64, 96), i * 20, np.uint8) for i in range(5)]
    with av.open(tmp_path / "a.mkv", "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "ya8"
        for number, gray in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(gray, "gray").reformat(format="ya8")
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    info, read_frames = read(tmp_path / "a.mkv")
    assert info.pixel_format == "gray"
    assert info.notes == ("pixel format ya8 was converted to gray",)
    assert abs(int(brightness(read_frames[2])[5, 5]) - 40) <= 3


def test_rows_stored_from_the_bottom_up(tmp_path: Path) -> None:
    place = make(tmp_path / "a.avi", Clip("rawvideo", "bgr24"))
    data = bytearray(place.read_bytes())
    at = data.index(b"strf") + 8 + 8
    assert int.from_bytes(data[at : at + 4], "little", signed=True) == -64
    data[at : at + 4] = (64).to_bytes(4, "little")
    place.write_bytes(data)
    _, frames = read(place)
    truth = seen(place).pictures[0]
    view = next(c.view for c in planes.components(frames[0].picture) if c.layout.name == "r")
    assert all(plane.line_size > 0 for plane in frames[0].picture.planes)
    assert np.array_equal(view, truth[:, :, 0])
    assert view[-1, 0] > view[0, 0]


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_orientation(tmp_path: Path, orientation: int, suffix: str) -> None:
    info, frames = read(make(tmp_path / f"a{suffix}", Clip(matrix=TURNS[orientation])))
    assert info.orientation == orientation
    assert {f.orientation for f in frames} == {orientation}


@pytest.mark.skipif(not VIDEOS.is_dir(), reason="the shared clips are not here")
def test_orientation_of_a_real_phone_clip() -> None:
    info, frames = read(VIDEOS / "rot90_displaymatrix.mp4")
    rotation = frames[0].picture.rotation
    upright = planes.turned(brightness(frames[0]), info.orientation)
    assert rotation == -90
    assert np.array_equal(upright, np.rot90(brightness(frames[0]), rotation // 90))


def test_varying_times_pass_unchanged(tmp_path: Path) -> None:
    times = (900, 1800, 7200, 7290, 20000, 45000)
    clip = Clip(times=times, time_base=Fraction(1, 90000), last=9000)
    info, frames = read(make(tmp_path / "a.mp4", clip))
    assert [f.pts * info.time_base for f in frames] == [Fraction(t, 90000) for t in times]


def test_hidden_frames_before_the_edit_stay_hidden(tmp_path: Path) -> None:
    place = make(tmp_path / "a.mp4", Clip(times=SIXTY, options={"g": "30", "bf": "0"}))
    cut = tmp_path / "cut.mp4"
    with av.open(place) as old, av.open(cut, "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in old.demux(video=0):
            if packet.size and packet.pts is not None and packet.dts is not None:
                packet.pts -= 15 * 512
                packet.dts -= 15 * 512
                packet.stream = copy
                new.mux(packet)
    _, frames = read(cut)
    assert len(frames) == 45


def test_size_change_is_brought_to_the_first_size(tmp_path: Path) -> None:
    parts = [make(tmp_path / "a.ts", Clip(size=(96, 64))), make(tmp_path / "b.ts", Clip(size=(128, 96)))]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    info, frames = read(joined)
    assert len(frames) == 24
    assert {(f.picture.width, f.picture.height) for f in frames} == {(info.width, info.height)} == {(96, 64)}
    assert all(a.pts < b.pts for a, b in itertools.pairwise(frames))


class TestClock:
    def clock(self) -> Clock:
        return Clock(Fraction(1, 1000), Fraction(25))

    def test_repeated_time_moves_one_tick(self) -> None:
        clock = self.clock()
        assert [clock(t, None, 40) for t in (0, 40, 40, 30, 120)] == [0, 40, 41, 42, 120]

    def test_missing_time_is_that_of_the_packet_or_follows(self) -> None:
        clock = self.clock()
        assert [clock(p, d, n) for p, d, n in ((0, 0, 40), (None, 50, 0), (None, None, 10), (None, None, 0))] == [
            0,
            50,
            90,
            100,
        ]

    def test_large_step_back_goes_on_without_a_gap(self) -> None:
        clock = self.clock()
        assert [clock(t, None, 40) for t in (5000, 5040, 0, 40, 80)] == [5000, 5040, 5080, 5120, 5160]


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda p: None, "No such file"),
    "folder": (lambda p: p.mkdir(), "is not a file"),
    "empty": (lambda p: p.write_bytes(b""), "is empty"),
    "garbage": (lambda p: p.write_bytes(os.urandom(50_000)), "cannot be read as a photo or a video"),
    "text": (lambda p: p.write_text("hello\n" * 1000), "cannot be read as a photo or a video"),
    "pipe": (lambda p: os.mkfifo(p), "is not a file"),
    "sound": (lambda p: _sound_only(p), "holds no video"),
    "codec": (lambda p: make(p, Clip("snow", format="matroska", options={"strict": "-2"})), "uses the codec snow"),
}


def _sound_only(place: Path) -> None:
    with av.open(place, "w", format="matroska") as output:
        stream = output.add_stream("flac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48000, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


@pytest.mark.parametrize("what", WRONG)
def test_wrong_files_are_refused(tmp_path: Path, what: str, capfd: pytest.CaptureFixture[str]) -> None:
    prepare, sentence = WRONG[what]
    prepare(tmp_path / "wrong.mp4")
    with pytest.raises(InputError, match=sentence) as caught:
        read(tmp_path / "wrong.mp4")
    assert "wrong.mp4" in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.mp4", "a.m3u8", "a.ts", "a.sdp", "a.ffconcat", "a"])
def test_files_that_name_other_files_are_refused(tmp_path: Path, name: str) -> None:
    make(tmp_path / "private.ts", Clip())
    for text in (
        "ffconcat version 1.0\nfile private.ts\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nprivate.ts\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["-i", "concat:a|b", "x%03d.png", "http:x.mp4", "new\nline.mp4", "a b'\".mp4", "\udcff.mp4"]
)
def test_names_are_only_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    os.replace(make(tmp_path / "made.mp4", Clip()), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    info, frames = read(Path(name))
    assert len(frames) == 12
    assert info.origin == tmp_path / name


def test_picture_bombs_are_refused(tmp_path: Path) -> None:
    place = make(tmp_path / "a.avi", Clip("png", "rgb24"))
    data = bytearray(place.read_bytes())
    at = 0
    while (at := data.find(b"IHDR", at) + 4) >= 4:
        data[at : at + 8] = (20000).to_bytes(4, "big") * 2
    place.write_bytes(data)
    with pytest.raises(InputError):
        read(place)


def test_cover_art_is_not_the_video(tmp_path: Path) -> None:
    place = tmp_path / "a.mkv"
    with av.open(place, "w") as output:
        for size in ((32, 32), (96, 64)):
            stream = output.add_stream("mjpeg", rate=25)
            stream.width, stream.height, stream.pix_fmt = *size, "yuvj420p"
            if size == (32, 32):
                stream.disposition = av.stream.Disposition.attached_pic
        for number in range(3):
            for stream in output.streams.video[0 if number == 0 else 1 :]:
                frame = av.VideoFrame(stream.width, stream.height, "yuvj420p")
                frame.pts = number
                output.mux(stream.encode(frame))
    with av.open(place) as container:
        covers = [bool(s.disposition & av.stream.Disposition.attached_pic) for s in container.streams.video]
    info, frames = read(place)
    if any(covers):
        assert (info.width, len(frames)) == (96, 3)
    assert info.notes


CUT = [
    (".mp4", Clip(times=SIXTY, sound=(("aac", "eng"),))),
    (".mp4", Clip(times=SIXTY, sound=(("aac", "eng"),), container={"movflags": "faststart"})),
    (".mkv", Clip(times=SIXTY, sound=(("aac", "eng"),))),
    (".webm", Clip("libvpx", times=SIXTY, sound=(("libopus", "eng"),))),
    (".avi", Clip("mpeg4", times=SIXTY, sound=(("mp2", "eng"),))),
    (".flv", Clip("flv", times=SIXTY)),
    (".ts", Clip(times=SIXTY)),
    (".wmv", Clip("wmv2", times=SIXTY)),
    (".gif", Clip("gif", "gray", times=SIXTY)),
    (".y4m", Clip("wrapped_avframe", times=SIXTY)),
]


@pytest.mark.parametrize(("suffix", "clip"), CUT)
def test_cut_off_files_never_pass_as_whole(tmp_path: Path, suffix: str, clip: Clip) -> None:
    place = make(tmp_path / f"a{suffix}", clip)
    data = place.read_bytes()
    assert len(read(place)[1]) == 60
    for tenth in range(10):
        place.write_bytes(data[: max(1, (len(data) - 7) * (tenth + 1) // 10)])
        with pytest.raises(InputError):
            read(place)


def test_a_damaged_packet_is_an_error(tmp_path: Path) -> None:
    place = make(tmp_path / "a.mov", Clip("png", "rgb24", times=SIXTY))
    data = bytearray(place.read_bytes())
    at = data.index(b"IDAT", len(data) // 2)
    data[at : at + 40] = bytes(40)
    place.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read(place)


def test_a_patched_picture_is_an_error(tmp_path: Path) -> None:
    place = make(tmp_path / "a.mp4", Clip(size=(320, 240), times=SIXTY, options={"g": "60", "qp": "10"}))
    with av.open(place) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    data = bytearray(place.read_bytes())
    end = (packets[0].pos or 0) + packets[0].size
    data[end - packets[0].size // 8 : end] = b"\xff" * (packets[0].size // 8)
    place.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read(place)


def test_close_twice_and_before_the_end(tmp_path: Path) -> None:
    source = build(Settings(), make(tmp_path / "a.mp4", Clip()))
    next(iter(source))
    source.close()
    source.close()


def test_accepted_codecs_exist() -> None:
    assert {name for name in CODECS if name not in av.codecs_available} == set()


@pytest.mark.parametrize("name", ["auto", *hwdevices_available()])
def test_without_a_device_the_processor_decodes_and_says_so(name: str, meeting: Path) -> None:
    with closing(build(Settings(), meeting)) as source:
        expected = [planes.luma(frame.picture).view.mean() for _, frame in zip(range(5), source, strict=False)]
    with closing(build(Settings(hwaccel=name), meeting)) as source:
        found = [planes.luma(frame.picture).view.mean() for _, frame in zip(range(5), source, strict=False)]
        notes = source.info.notes
    assert found == pytest.approx(expected, abs=0.01)
    device = decoding_device(name)[0]
    assert (device is None) == any("the processor did it" in note for note in notes)


def test_an_unknown_device_is_refused(meeting: Path) -> None:
    with pytest.raises(SettingsError, match="choose none, auto"):
        build(Settings(hwaccel="abacus"), meeting)


def test_a_closed_file_leaves_no_picture_in_memory(tmp_path: Path) -> None:
    """Many are read one after the other in a batch, and a picture keeps all those of its decoder."""

    def pictures() -> int:
        return sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())

    place = make(tmp_path / "a.mp4", Clip())
    gc.collect()
    before = pictures()
    with closing(build(Settings(), place)) as source:
        for frame in source:
            del frame
    del source
    assert pictures() == before
