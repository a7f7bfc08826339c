"""Whole live runs of short files at their own speed: what arrives where, and what happens when something fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from clips import Clip, make

from streamblur import OutputError, SettingsError, live, planes, rooms
from streamblur.cli import main
from streamblur.live import Choices
from streamblur.ports import Image
from streamblur.settings import Live
from streamblur.values import Box, Decided, Detection, Frame, SafeFrame, StreamInfo

PLAY = Live(realtime=True)
TESTS = Path(__file__).parent


@dataclass
class Stub:
    """Sees one face; from look ``hangs`` on it never answers until it is let go."""

    hangs: int = 10**9
    looks: int = 0
    closed: bool = False
    go: threading.Event = field(default_factory=threading.Event)

    def detect(self, image: Image) -> Sequence[Detection]:
        self.looks += 1
        if self.looks > self.hangs:
            self.go.wait(60)
        height, width = image.shape[:2]
        return [Detection(Box(width * 0.2, height * 0.2, width * 0.5, height * 0.6), 0.9, "stub", 3)]

    def close(self) -> None:
        self.closed = True


@dataclass
class Kept:
    """A sink that keeps what it gets, or fails at one of the frames."""

    fails: int = 10**9
    slow: float = 0.0
    frames: list[SafeFrame] = field(default_factory=list)
    when: list[float] = field(default_factory=list)
    closed: bool = False
    aborted: bool = False

    def write(self, frame: SafeFrame) -> None:
        time.sleep(self.slow)
        self.frames.append(frame)
        self.when.append(time.monotonic())
        if len(self.frames) > self.fails:
            raise OutputError("the place is full: make room.")

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    detector = Stub()
    monkeypatch.setattr(rooms, "detector_for", lambda settings: detector)
    yield detector
    detector.go.set()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with sound."""
    place = tmp_path_factory.mktemp("live") / "clip.mp4"
    return make(place, Clip(size=(160, 120), times=tuple(range(50)), sound=(("aac", "eng"),)))


def read(place: Path) -> tuple[list[float], list[float]]:
    """Times in seconds of the pictures and of the sound."""
    with av.open(place) as container:
        pictures = [float(f.time or 0) for f in container.decode(video=0)]
        if not container.streams.audio:
            return pictures, []
    with av.open(place) as container:
        return pictures, [float(f.time or 0) for f in container.decode(audio=0)]


def test_a_file_is_played_at_its_own_speed_and_recorded_with_its_sound(stub: Stub, clip: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    out = tmp_path / "out.mkv"
    seen: list[Decided[SafeFrame]] = []
    ended = live.run(PLAY, str(clip), [str(out)], Choices(witness=seen.append))
    assert time.monotonic() - began > 1.9
    pictures, sound = read(out)
    assert len(pictures) == len(seen) == ended.status.frames
    assert ended.status.frames + ended.status.dropped == 50
    assert ended.status.frames > 40
    assert pictures[0] == pytest.approx(0, abs=0.002)
    assert sound[0] == pytest.approx(0, abs=0.05)
    assert pictures[-1] - pictures[0] == pytest.approx(1.96, abs=0.25)
    assert sound[-1] == pytest.approx(pictures[-1], abs=0.3)
    assert stub.closed


@pytest.mark.parametrize("delay", [0, 8])
def test_sound_and_picture_stay_together_whatever_the_delay(
    stub: Stub, tmp_path: Path, delay: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture flashes and a tone is heard at the same moment of the file; so they are in the recording."""
    source, out = flash_and_beep(tmp_path / "flash.mkv"), tmp_path / "out.mkv"
    monkeypatch.setattr(Stub, "detect", lambda self, image: [])
    live.run(Live(realtime=True, delay=delay), str(source), [str(out)])
    flash, beep = flash_and_beep_at(out)
    assert flash == pytest.approx(1.0, abs=0.1)
    assert beep == pytest.approx(flash, abs=0.08)


def flash_and_beep(place: Path) -> Path:
    with av.open(place, "w") as output:
        video: Any = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio: Any = output.add_stream("pcm_s16le", rate=48000, layout="mono")
        for number in range(50):
            picture = av.VideoFrame.from_ndarray(
                np.full((120, 160, 3), 200 if number == 25 else 30 + number % 2, np.uint8), format="rgb24"
            )
            picture.pts, picture.time_base = number, Fraction(1, 25)
            output.mux(video.encode(picture.reformat(format="yuv420p")))
            wave = 20000 * np.sin(np.arange(1920) / 10) * (number == 25)
            frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48000, 1920 * number, Fraction(1, 48000)
            output.mux(audio.encode(frame))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return place


def flash_and_beep_at(place: Path) -> tuple[float, float]:
    with av.open(place) as container:
        flash = max(container.decode(video=0), key=lambda f: f.to_ndarray()[:120].mean())
    with av.open(place) as container:
        loud = next(f for f in container.decode(audio=0) if np.abs(f.to_ndarray()).max() > 0.2)
    return float(flash.time or 0), float(loud.time or 0)


def test_several_places_get_the_same_frames_each_its_own(stub: Stub, clip: Path) -> None:
    first, second = Kept(), Kept()
    live.run(PLAY, str(clip), [first, second])
    others = {frame.pts: frame for frame in second.frames}
    both = [(frame, others[frame.pts]) for frame in first.frames if frame.pts in others]
    assert len(both) > 30  # each drops its own frames when the machine is busy
    assert all(a.picture is not b.picture for a, b in both)
    for a, b in both:
        assert np.array_equal(a.picture.to_ndarray(), b.picture.to_ndarray())
    assert first.closed
    assert second.closed


def test_a_region_is_hidden_whatever_is_there(stub: Stub, clip: Path) -> None:
    plain, hidden = Kept(), Kept()
    live.run(replace(PLAY, style="solid"), str(clip), [plain])
    live.run(replace(PLAY, style="solid", region=("8,8,80,80",)), str(clip), [hidden])

    def spread(frame: Frame) -> float:
        return float(np.ptp(planes.luma(frame.picture).view[8:88, 8:88]))

    assert max(map(spread, plain.frames)) > 20
    assert max(map(spread, hidden.frames)) == 0


def test_a_place_that_fails_is_told_and_the_others_go_on(stub: Stub, clip: Path, tmp_path: Path) -> None:
    failing, out = Kept(fails=5), tmp_path / "out.mkv"
    told: list[str] = []
    ended = live.run(PLAY, str(clip), [failing, str(out)], Choices(told=told.append))
    assert told == ["the place is full: make room."]
    assert ended.failed == ("the place is full: make room.",)
    assert failing.aborted
    assert len(read(out)[0]) > 40


def test_when_the_last_place_fails_the_run_ends_with_its_reason(stub: Stub, clip: Path) -> None:
    with pytest.raises(OutputError, match="make room"):
        live.run(PLAY, str(clip), [Kept(fails=3)])


def test_a_slow_place_drops_frames_and_holds_up_nobody(stub: Stub, clip: Path) -> None:
    slow, quick = Kept(slow=0.2), Kept()
    ended = live.run(PLAY, str(clip), [slow, quick])
    assert len(slow.frames) < 20
    assert len(quick.frames) > 40
    assert ended.status.dropped > 0


def test_it_can_be_stopped_from_another_thread(stub: Stub, clip: Path) -> None:
    stop, sink = threading.Event(), Kept()
    timer = threading.Timer(0.8, stop.set)
    timer.start()
    live.run(PLAY, str(clip), [sink], Choices(stop=stop))
    timer.join()
    assert 0 < len(sink.frames) < 45
    assert sink.closed


def test_a_detector_that_hangs_brings_the_curtain_and_does_not_keep_the_run_from_ending(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = Stub(hangs=8)
    monkeypatch.setattr(rooms, "detector_for", lambda settings: detector)
    seen: list[Decided[SafeFrame]] = []
    live.run(PLAY, str(clip), [Kept()], Choices(witness=seen.append))
    assert seen[-1].curtain
    bare = [decided for decided in seen if not decided.curtain and not decided.covers]
    assert bare == []
    assert not detector.closed, "what hangs in it must not be torn down"
    detector.go.set()
    time.sleep(0.1)


def test_a_detector_that_fails_ends_the_run(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Stub):
        def detect(self, image: Image) -> Sequence[Detection]:
            if self.looks > 5:
                raise RuntimeError("out of memory")
            return super().detect(image)

    monkeypatch.setattr(rooms, "detector_for", lambda settings: Broken())
    sink = Kept()
    with pytest.raises(RuntimeError, match="out of memory"):
        live.run(PLAY, str(clip), [sink])


@dataclass
class Pausing:
    """A camera that gives nothing for a while."""

    pause: float
    info: StreamInfo = field(
        default_factory=lambda: StreamInfo(64, 48, Fraction(25), Fraction(1, 25), "yuv420p", live=True)
    )

    def __iter__(self) -> Iterator[Frame]:
        for number in range(30):
            time.sleep(self.pause if number == 15 else 0.04)
            yield Frame(av.VideoFrame(64, 48, "yuv420p"), number + (25 if number >= 15 else 0), Fraction(1, 25))

    def close(self) -> None:
        pass


def test_while_no_picture_comes_nothing_is_shown_and_the_recording_goes_on(stub: Stub, tmp_path: Path) -> None:
    seen: list[Decided[SafeFrame]] = []
    statuses: list[bool] = []
    out = tmp_path / "out.mp4"
    choices = Choices(witness=seen.append, watch=lambda status: statuses.append(status.lost))
    live.run(Live(), Pausing(1.2), [str(out)], choices)
    assert any(statuses)
    assert not statuses[-1]
    assert sum(decided.curtain for decided in seen) >= 3
    times = read(out)[0]
    assert times == sorted(times)
    assert len(times) == len(seen)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_recording_that_was_killed_can_be_played(clip: Path, tmp_path: Path, suffix: str) -> None:
    out, long = tmp_path / f"out{suffix}", tmp_path / "long.mp4"
    make(long, Clip(size=(160, 120), times=tuple(range(400)), sound=(("aac", "eng"),)))
    code = f"""if True:
        import sys; sys.path.insert(0, {str(TESTS)!r})
        from test_live import Stub, live, rooms, PLAY
        rooms.detector_for = lambda settings: Stub()
        live.run(PLAY, {str(long)!r}, [{str(out)!r}])
    """
    process = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 60
    while time.monotonic() < until and not (out.exists() and out.stat().st_size > 12000):
        time.sleep(0.1)
    time.sleep(2)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    pictures, sound = read(out)
    assert len(pictures) > 20
    assert len(sound) > 20


def test_recordings_are_not_replaced_and_not_put_where_a_crash_loses_them(
    stub: Stub, clip: Path, tmp_path: Path
) -> None:
    (there := tmp_path / "there.mkv").write_bytes(b"precious")
    for place, why in [
        (str(there), "exists already"),
        (str(tmp_path / "out.avi"), "crash"),
        (str(clip), "is the input"),
    ]:
        with pytest.raises(OutputError, match=why):
            live.run(PLAY, str(clip), [place])
    assert there.read_bytes() == b"precious"


def test_a_file_is_only_played_when_asked_for(clip: Path) -> None:
    with pytest.raises(SettingsError, match="--realtime"):
        rooms.live_source(Live(), str(clip))


@pytest.mark.parametrize(
    ("place", "room"),
    [
        ("camera:0", "camera"),
        ("screen:", "screen"),
        ("rtsp://host/a", "network"),
        ("https://host/a.m3u8", "network"),
        ("clip.mp4", "realtime"),
        ("file:///etc/passwd", "realtime"),
        ("concat:a|b", "realtime"),
    ],
)
def test_a_place_says_what_it_is(place: str, room: str) -> None:
    assert rooms.live_source_room(place) == room


@pytest.mark.parametrize(
    ("place", "room"),
    [
        ("window:", "window"),
        ("null:", "null"),
        ("virtualcam:/dev/video9", "virtualcam"),
        ("rtmp://host/app/key", "stream"),
        ("out.mkv", "recording"),
        ("null:x", "recording"),
    ],
)
def test_a_sink_says_what_it_is(place: str, room: str) -> None:
    assert rooms.live_sink_room(place) == room


def test_without_a_display_one_sentence_names_the_others(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("macOS and Windows always have one")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(rooms, "detector_for", lambda settings: Stub())
    result = CliRunner().invoke(main, ["live", str(clip), "--realtime"])
    assert result.exit_code == 1
    assert "no display" in result.output
    assert "null:" in result.output
    assert result.output.count("\n") == 1


def test_the_command_tells_what_it_did(stub: Stub, clip: Path) -> None:
    result = CliRunner().invoke(main, ["live", str(clip), "--realtime", "--to", "null:", "--delay", "0"])
    assert result.exit_code == 0, result.output
    assert "frames" in result.output
    assert "ms added" in result.output


@pytest.mark.parametrize("wrong", [["--delay", "soon"], ["--delay", "99"], ["--size", "big"], ["--fps", "0"]])
def test_wrong_values_are_a_matter_of_usage(wrong: list[str]) -> None:
    assert CliRunner().invoke(main, ["live", *wrong]).exit_code == 2


def test_a_failed_place_is_a_failed_run_for_the_shell(stub: Stub, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part: Callable[[str, str], Any] = rooms.part

    class Failing:
        @staticmethod
        def build(settings: Live, info: StreamInfo, place: object) -> Kept:
            return Kept(fails=4)

    monkeypatch.setattr(rooms, "part", lambda room, name: Failing if name == "recording" else part(room, name))
    result = CliRunner().invoke(main, ["live", str(clip), "--realtime", "--to", "null:", "--to", "x.mkv"])
    assert result.exit_code == 1
    assert "make room" in result.output


def test_ctrl_c_ends_a_recording_well(tmp_path: Path) -> None:
    long = make(tmp_path / "long.mp4", Clip(size=(160, 120), times=tuple(range(1000))))
    out = tmp_path / "out.mkv"
    code = f"""if True:
        import sys; sys.path.insert(0, {str(TESTS)!r})
        from test_live import Stub, rooms, main
        rooms.detector_for = lambda settings: Stub()
        main(["live", {str(long)!r}, "--realtime", "--to", {str(out)!r}])
    """
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and not out.exists():
        time.sleep(0.1)
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert said == "Stopped.\n"
    with av.open(out) as container:
        assert container.duration, "a recording that was closed says how long it is"
