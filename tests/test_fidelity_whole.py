"""V17: whatever happens, the final name holds a whole recording or nothing, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import runs
from clips import Clip, make

from benchmarks.fidelity.read import count
from streamblur import OutputError, Settings, StreamblurError, blur, rooms

FRAMES = 150
POINTS = 20


@pytest.fixture(scope="module", params=[1, 175], ids=["short", "long"])
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """6 seconds; or 17 minutes, a frame every 7 seconds: so long that its picture waits in a spool."""
    times = tuple(range(0, FRAMES * request.param, request.param))
    clip = Clip(times=times, size=(320, 240), sound=(("aac", "eng"),), options={"preset": "ultrafast"})
    return make(tmp_path_factory.mktemp("made") / "in.mp4", clip)


@pytest.fixture
def long_enough(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "in.mp4"))


def _judged(output: Path) -> bool:
    """Whether there is an output; it must be whole, and at most two private partial files beside it."""
    left = list(output.parent.iterdir())
    assert not output.exists() or count(output) == FRAMES
    assert all(p == output or p.name.endswith(".streamblur-partial") for p in left)
    assert all(p == output or p.stat().st_mode & 0o777 == 0o600 for p in left)
    assert len(left) <= 2, "what the run before left behind was not swept"
    return output.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill")
def test_killed_at_twenty_points(tmp_path: Path, long_enough: Path) -> None:
    chance, desk = random.Random(17), tmp_path / "desk"
    desk.mkdir()
    output = desk / "out.mp4"
    with contextlib.closing(runs.Runs(tmp_path / "log")) as process:
        for _ in range(2):  # the first one is slower
            output.unlink(missing_ok=True)
            began = time.monotonic()
            process.start(long_enough, output)
            assert process.ended().code == 0
            lasts = time.monotonic() - began
        ends = {"whole": 0, "nothing": 0}
        for _ in range(POINTS):
            output.unlink(missing_ok=True)
            child = process.start(long_enough, output)
            time.sleep(chance.uniform(0, lasts))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            process.ended()
            whole = _judged(output)
            ends["whole" if whole else "nothing"] += 1
        assert ends["nothing"] >= POINTS // 2, ends
        output.unlink(missing_ok=True)
        process.start(long_enough, output)
        assert process.ended().code == 0
        assert list(desk.iterdir()) == [output]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.parametrize("kilobytes", [16, 64])
def test_a_full_disk(tmp_path: Path, long_enough: Path, kilobytes: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size={kilobytes}k tmpfs {disk} || exit 77; "
        f"printf '{long_enough}\\t{disk}/out.mp4\\n' | {sys.executable} -m runs; ls -A {disk}"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(runs.TESTS), str(runs.TESTS.parent)])}
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, env=environment)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("may not mount a small disk here")
    assert done.stdout.split()[1] == "1", (done.stdout, done.stderr)
    assert "No space left on device. Check the space left" in done.stderr


class Broken(Exception):
    """A bug in a part."""


def _after(calls: int, inner: Callable[..., Any], error: BaseException) -> Callable[..., Any]:
    """``inner``, which raises from its ``calls``-th call on."""
    state = iter(range(calls))

    def call(*values: Any) -> Any:
        if next(state, None) is None:
            raise error
        return inner(*values)

    return call


class Trap:
    """``rooms.part`` with one part that breaks in the middle."""

    def __init__(self, room: str, error: BaseException) -> None:
        self._room, self._error = room, error

    def __call__(self, room: str, name: str) -> Any:
        module = runs.part(room, name)
        if room != self._room:
            return module
        return SimpleNamespace(build=lambda *given: self._trapped(module.build(*given)))

    def _trapped(self, built: Any) -> Any:
        if self._room == "obscurers":
            return _after(5, built, self._error)  # each face has its own, and a new one in each chapter
        if self._room == "sources":
            return _Source(built, self._error)
        method = {"detectors": "detect", "trackers": "update", "sinks": "write"}[self._room]
        return _Swapped(built, **{method: _after(8, getattr(built, method), self._error)})


class _Swapped:
    """An object with some methods replaced."""

    def __init__(self, inner: Any, **methods: Any) -> None:
        self._inner = inner
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Source(_Swapped):
    def __init__(self, inner: Any, error: BaseException) -> None:
        super().__init__(inner)
        self._error = error

    def __iter__(self) -> Iterator[Any]:
        for number, frame in enumerate(self._inner):
            if number == 50:
                raise self._error
            yield frame


@pytest.mark.parametrize("error", [Broken("a bug"), OutputError("told"), MemoryError(), KeyboardInterrupt()], ids=type)
@pytest.mark.parametrize("room", ["sources", "detectors", "trackers", "obscurers", "sinks"])
def test_an_error_in_any_part(
    tmp_path: Path, long_enough: Path, room: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "part", Trap(room, error))
    threads = set(threading.enumerate())
    with pytest.raises(type(error)):
        blur(long_enough, tmp_path / "out.mp4", Settings(preset="ultrafast"))
    assert {p.name for p in tmp_path.iterdir()} == {"in.mp4"}
    assert set(threading.enumerate()) == threads


def test_an_error_of_the_one_who_watches(tmp_path: Path, long_enough: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "part", runs.part)
    with pytest.raises(Broken):
        blur(long_enough, tmp_path / "out.mp4", Settings(), _after(30, lambda _: None, Broken()))
    assert {p.name for p in tmp_path.iterdir()} == {"in.mp4"}


def test_an_old_output_stays_when_replacing_it_fails(
    tmp_path: Path, long_enough: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "part", Trap("detectors", Broken()))
    (tmp_path / "out.mp4").write_text("what was there before")
    with pytest.raises(Broken):
        blur(long_enough, tmp_path / "out.mp4", Settings(force=True))
    assert (tmp_path / "out.mp4").read_text() == "what was there before"
    assert issubclass(OutputError, StreamblurError)
