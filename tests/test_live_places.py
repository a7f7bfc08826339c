"""Genuine live devices and peers without a camera: lavfi, an X screen that shows a face, listeners on 127.0.0.1."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from clips import Clip, make
from scenes import paste, wallpaper
from screens import screen
from test_live import Kept, Stub, read

from streamblur import InputError, MissingError, OutputError, live, rooms
from streamblur.cli import main
from streamblur.live import Choices
from streamblur.ports import Source
from streamblur.settings import Live
from streamblur.sources import _devices
from streamblur.sources._onward import EARLY, LATE, Onward
from streamblur.values import Decided, Frame, SafeFrame, StreamInfo

BARS = "testsrc=size=160x120:rate=25,realtime"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    detector = Stub()
    monkeypatch.setattr(rooms, "detector_for", lambda settings: detector)
    return detector


@contextlib.contextmanager
def given(source: Source) -> Iterator[Source]:
    try:
        yield source
    finally:
        source.stop()  # type: ignore[attr-defined]
        source.close()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_a_device_is_read_until_it_is_stopped(stub: Stub, tmp_path: Path) -> None:
    stop, sink, out = threading.Event(), Kept(), tmp_path / "out.mkv"
    choices = Choices(stop=stop, watch=lambda status: stop.set() if status.frames >= 30 else None)
    settings = Live(audio_device="lavfi:sine=frequency=440:sample_rate=44100,arealtime")
    ended = live.run(settings, f"camera:lavfi:{BARS}", [sink, str(out)], choices)
    assert ended.status.frames >= 30
    times = [frame.time for frame in sink.frames]
    assert times == sorted(times)
    pictures, sound = read(out)
    assert len(pictures) >= 28
    assert sound[-1] > 0.5


def test_a_camera_that_is_not_there_is_told_in_one_sentence() -> None:
    with pytest.raises(InputError, match="camera 99 cannot be opened"):
        rooms.live_source(Live(), "camera:99")


def test_devices_that_cannot_be_listed_are_no_error() -> None:
    result = CliRunner().invoke(main, ["devices"])
    assert result.exit_code == 0
    assert "camera" in result.output.lower()


def test_cameras_are_listed_with_their_formats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = "[video4linux2,v4l2 @ 0x1] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720\n"
    monkeypatch.setattr(_devices, "system", lambda: "linux")
    monkeypatch.setattr(_devices, "_said", lambda name, form, options: said if name.endswith("0") else "")
    nodes = [Path("/dev/video1"), Path("/dev/video0")]
    monkeypatch.setattr(Path, "glob", lambda self, pattern: nodes)
    (camera,) = _devices.cameras()
    assert camera.place == "camera:0"
    assert "640x480 1280x720" in camera.formats[0]


@pytest.mark.parametrize(
    ("form", "said", "found"),
    [
        ("win32", '[dshow @ 1] "HD Webcam" (video)\n[dshow @ 1] "Mic (Realtek)" (audio)\n', ["HD Webcam"]),
        ("darwin", "AVFoundation video devices:\n[0] FaceTime\n[1] Screen\nAVFoundation audio devices:\n[0] Mic\n",
         ["FaceTime", "Screen"]),
    ],
)  # fmt: skip
def test_other_systems_lists_are_read(form: str, said: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_devices, "system", lambda: form)
    monkeypatch.setattr(_devices, "_said", lambda name, form, options: said)
    assert [camera.name for camera in _devices.cameras()] == found


@pytest.mark.parametrize("room", ["sources", "sinks"])
def test_every_part_of_a_room_can_be_built(room: str) -> None:
    for name in rooms.choices(room):
        assert callable(rooms.part(room, name).build)


def test_every_option_of_a_live_picture_can_be_given() -> None:
    given = {parameter.name for parameter in rooms.part("cli", "live").live.params}
    only_blur = {"mute", "keep", "thorough", "hindsight", "keep_face", "hwaccel"}
    assert given - {"source", "to", "quiet", "verbose"} == {f.name for f in fields(Live)} - only_blur


# A screen that shows a face


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with screen("640x360") as name:
        yield name


def test_a_screen_that_would_end_the_process_is_refused(display: str) -> None:
    code = (
        "import cv2\nfrom streamblur import InputError, rooms\nfrom streamblur.settings import Live\n"
        f"try: rooms.part('sources', 'screen').build(Live(), 'screen:{display}')\nexcept InputError as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "put 'import av' before" in done.stdout


@pytest.mark.usefixtures("display")
def test_a_face_on_a_screen_is_hidden_by_the_real_detector(display: str, tmp_path: Path) -> None:
    """A picture with a face is put on the screen, and read from it as any other would be."""
    canvas = wallpaper(640, 360)
    face = paste(canvas, 320, 180, 110)
    shown = show(display, canvas, tmp_path)
    try:
        stop = threading.Event()
        seen: list[Decided[SafeFrame]] = []
        sink = Kept()
        choices = Choices(stop=stop, witness=seen.append, watch=lambda status: stop.set() if len(seen) >= 60 else None)
        live.run(Live(), f"screen:{display}", [sink], choices)
    finally:
        shown.kill()
        shown.communicate()
    after = [s for s in sink.frames if s.picture.width == 640][-10:]
    assert any(not decided.curtain for decided in seen[-10:])
    left, top, right, bottom = (round(v) for v in (face.left, face.top, face.right, face.bottom))
    truth = canvas[top:bottom, left:right].astype(float)
    for frame in after:
        there = frame.picture.to_ndarray(format="rgb24")[top:bottom, left:right].astype(float)
        assert np.abs(np.diff(there, axis=1)).mean() < 0.4 * np.abs(np.diff(truth, axis=1)).mean()


def show(display: str, canvas: Any, folder: Path) -> subprocess.Popen[bytes]:
    """Put a picture on an X screen, in a process of its own: a viewer like that of the window, but without borders."""
    np.save(folder / "canvas.npy", canvas[:, :, ::-1])
    code = f"""if True:
        import cv2, numpy as np
        cv2.namedWindow("face", cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL)
        cv2.resizeWindow("face", 640, 360); cv2.moveWindow("face", 0, 0)
        cv2.imshow("face", np.load({str(folder / "canvas.npy")!r}))
        while cv2.waitKey(100) < 0: print("shown", flush=True)
    """
    environment = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline() == b"shown\n"
    return process


# The network, on this machine alone


SENDER = """
import sys, time
from fractions import Fraction
import av, numpy as np
place, form, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
until = time.monotonic() + 20
while True:
    try:
        output = av.open(place, "w", format=form, timeout=(10, 5))
        video = output.add_stream("libx264", rate=25, options={"tune": "zerolatency", "g": "10"})
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio = output.add_stream("aac", rate=48000, layout="mono")
        output.start_encoding()
        break
    except (av.FFmpegError, OSError):
        if time.monotonic() > until:
            raise
        time.sleep(0.2)
began = time.monotonic()
for number in range(round(25 * seconds)):
    time.sleep(max(0.0, began + number / 25 - time.monotonic()))
    grey = np.full((120, 160, 3), 40 + 3 * (number % 50), np.uint8)
    picture = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuv420p")
    picture.pts, picture.time_base = number, Fraction(1, 25)
    output.mux(video.encode(picture))
    sound = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.int16), format="s16", layout="mono")
    sound.sample_rate, sound.pts, sound.time_base = 48000, 1920 * number, Fraction(1, 48000)
    output.mux(audio.encode(sound))
output.close()
"""
RECEIVER = """
import sys, av
listen = {"listen": "1"} if sys.argv[1].startswith("rtmp") else {}
print("ready", flush=True)
try:
    for frame in av.open(sys.argv[1], options=listen, timeout=(10, 2)).decode(video=0):
        print(float(frame.time), flush=True)
except (av.FFmpegError, OSError):
    pass
"""


@contextlib.contextmanager
def peer(code: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A process of its own, because PyAV holds Python's lock while it connects."""
    command = [sys.executable, "-c", code, *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def sender(place: str, form: str, seconds: float = 30.0) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Sends pictures and sound to an address in real time."""
    return peer(SENDER, place, form, seconds)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("places") / "clip.mp4"
    return make(place, Clip(size=(160, 120), times=tuple(range(75)), sound=(("aac", "eng"),)))


def take(source: Source, count: int) -> list[Frame]:
    found: list[Frame] = []
    for frame in source:
        found.append(frame)
        if len(found) >= count:
            break
    return found


def test_a_udp_stream_is_read() -> None:
    place = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with sender(place, "mpegts"), given(rooms.live_source(Live(), place)) as source:
        frames = take(source, 20)
    assert len(frames) == 20
    assert source.info.sound
    assert (source.info.width, source.info.height) == (160, 120)


def test_an_rtmp_stream_is_read() -> None:
    """We listen, as OBS would send to us."""
    place = f"rtmp://127.0.0.1:{free_port()}/live/key"
    with sender(place, "flv"):
        network = rooms.part("sources", "network")
        opening = network.av.open
        try:
            network.av = SimpleNamespace(open=lambda at, **how: opening(at, **_listening(how)))
            with given(rooms.live_source(Live(), place)) as source:
                frames = take(source, 20)
        finally:
            network.av = av
    assert len(frames) == 20


def _listening(how: dict[str, Any]) -> dict[str, Any]:
    return how | {"options": how["options"] | {"listen": "1", "timeout": "10"}}


def test_a_connection_that_breaks_is_made_again_and_time_goes_on(tmp_path: Path, stub: Stub) -> None:
    port = free_port()
    place, out = f"tcp://127.0.0.1:{port}", tmp_path / "out.mp4"
    sending = f"tcp://127.0.0.1:{port}?listen=1"
    stop = threading.Event()
    seen: list[Decided[SafeFrame]] = []
    lost: list[bool] = []

    def watch(status: Any) -> None:
        lost.append(status.lost)
        if True in lost and lost[-10:] == [False] * 10:
            stop.set()

    def serve() -> None:
        for _ in range(2):
            with sender(sending, "mpegts", 3.0) as sending_now:
                sending_now.wait(30)

    server = threading.Thread(target=serve)
    server.start()
    opening = Patient(place)
    with given(opening.source()) as source:
        ended = live.run(Live(), source, [str(out)], Choices(stop=stop, witness=seen.append, watch=watch))
    server.join(30)
    assert True in lost
    assert any("broke off" in note for note in ended.notes)
    times = [decided.frame.time for decided in seen]
    assert times == sorted(times)
    assert len(read(out)[0]) == len(seen)
    assert seen[lost.index(True)].curtain


@dataclass
class Patient:
    """Opens a source as soon as its peer is there."""

    place: str

    def source(self) -> Source:
        until = time.monotonic() + 20
        while True:
            try:
                return rooms.live_source(Live(), self.place)
            except InputError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


def test_an_address_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(InputError, match=r"rtsp://127\.0\.0\.1:\d+ cannot be opened") as told:
        rooms.live_source(Live(), f"rtsp://me:secret@127.0.0.1:{free_port()}/cam")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("scheme", ["udp", "tcp", "rtmp"])
def test_a_stream_is_sent_without_delay(stub: Stub, clip: Path, scheme: str) -> None:
    port = free_port(socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM)
    place = f"{scheme}://127.0.0.1:{port}{'/live/key' if scheme == 'rtmp' else ''}"
    with peer(RECEIVER, f"{place}?listen=1" if scheme == "tcp" else place) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "ready\n"
        time.sleep(0.5)  # it listens at once, but cannot say so
        live.run(Live(realtime=True), str(clip), [place])
        said = listener.communicate(timeout=20)[0]
    got = [float(line) for line in said.split()]
    assert len(got) > 20
    assert got == sorted(got)


def test_a_stream_to_nobody_is_told(stub: Stub, clip: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot stream to rtmp://127\.0\.0\.1:\d+: "):
        live.run(Live(realtime=True), str(clip), [f"rtmp://127.0.0.1:{free_port()}/live/secretkey"])


def test_the_clock_goes_on_through_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = Onward(100.0)
    assert clock(5000.0) == 0.0
    now[0] = 101.2
    assert clock(5001.0) == 1.0, "late is not a jump"
    now[0] = 102.0
    assert clock(7.0) == 2.0, "a new clock goes on from now"
    now[0] = 102.0 + LATE + 1
    assert clock(7.1) == pytest.approx(3.0 + LATE)
    assert clock(7.1 + EARLY + 0.1) == pytest.approx(3.0 + LATE)


# The virtual camera


class Backend:
    """What pyvirtualcam offers, without a device."""

    made: list[Backend] = []  # noqa: RUF012

    def __init__(self, width: int, height: int, fps: float, **how: Any) -> None:
        self.size, self.fps, self.how = (width, height), fps, how
        self.device, self.sent, self.closed = "fake", list[Any](), False
        Backend.made.append(self)

    def send(self, pixels: Any) -> None:
        self.sent.append(pixels)

    def close(self) -> None:
        self.closed = True


def fake(camera: Any) -> ModuleType:
    module = ModuleType("pyvirtualcam")
    module.Camera = camera  # type: ignore[attr-defined]
    module.PixelFormat = SimpleNamespace(RGB="RGB")  # type: ignore[attr-defined]
    return module


def test_the_virtual_camera_gets_decided_frames(stub: Stub, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", fake(Backend))
    ended = live.run(Live(realtime=True), str(clip), ["virtualcam:/dev/video9"])
    (camera,) = Backend.made
    assert (camera.size, camera.fps, camera.how["device"]) == ((160, 120), 25.0, "/dev/video9")
    assert len(camera.sent) > 50
    assert {pixels.shape for pixels in camera.sent} == {(120, 160, 3)}
    assert camera.closed
    assert "virtual camera: fake" in ended.notes


def test_without_a_virtual_camera_it_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*args: Any, **how: Any) -> Any:
        raise RuntimeError("no devices")

    info = StreamInfo(160, 120, Fraction(25), Fraction(1, 25), "yuv420p")
    monkeypatch.setitem(sys.modules, "pyvirtualcam", fake(none))
    with pytest.raises(OutputError, match="v4l2loopback"):
        rooms.live_sink(Live(), info, "virtualcam:")
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(MissingError, match="pip install pyvirtualcam"):
        rooms.live_sink(Live(), info, "virtualcam:")


def test_the_real_virtual_camera_says_when_there_is_no_device() -> None:
    pytest.importorskip("pyvirtualcam")
    info = StreamInfo(160, 120, Fraction(25), Fraction(1, 25), "yuv420p")
    try:
        sink = rooms.live_sink(Live(), info, "virtualcam:")
    except OutputError as error:
        assert "virtual camera" in str(error)  # noqa: PT017
    else:
        sink.close()
