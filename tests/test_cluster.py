"""``--cluster``: real Dask schedulers, two worker processes with the real detectors, one of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from clips import Clip, make
from films import pictures
from scenes import Scene, sway, walk

from streamblur import Settings, compose
from streamblur.cli import main

pytest.importorskip("distributed", reason="needs streamblur[cluster]")
pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).resolve().parent.parent
SECONDS = 4
"""From one frame to the next, so that a few frames make several chapters of the length that everybody uses."""
SCENE = Scene([sway(200, 150, 70, 60), walk((-20, 200), (9, 0), 60, 12)], frames=62, cuts=(40,))
LIMIT = 240


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


class Started:
    """A process whose words go to a file; it is killed at the end if need be."""

    def __init__(self, command: list[str], log: Path, stack: ExitStack) -> None:
        self.log = log
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], stdout=said, stderr=said, env=environment(), cwd=log.parent
            )
        stack.callback(self.process.wait, 20)
        stack.callback(self.process.kill)

    def says(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")


def seconds(process: int) -> float:
    """CPU time it has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[Started]]]:
    """The address of a scheduler, and its two workers."""
    with ExitStack() as stack:
        (logs := tmp_path / "logs").mkdir()
        file = logs / "scheduler.json"
        told = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        scheduler = Started(["distributed.cli.dask_scheduler", *told], logs / "scheduler", stack)
        until(lambda: scheduler.says("Scheduler at:") and file.exists(), "the scheduler")
        address = next(w for w in scheduler.log.read_text().split() if w.startswith("tcp://"))
        own = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(logs)]
        both = [Started(["distributed.cli.dask_worker", *own], logs / f"worker{n}", stack) for n in (1, 2)]
        until(lambda: all(worker.says("Registered to:") for worker in both), "the workers")
        yield address, both


@pytest.fixture
def local_cluster(tmp_path: Path) -> Iterator[tuple[str, int, int]]:
    """The address of Dask's own LocalCluster, and the numbers of its two worker processes."""
    (logs := tmp_path / "logs").mkdir()
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), environment()["PYTHONPATH"]])}
    pipe = subprocess.PIPE
    with (logs / "cluster").open("wb") as said:
        command = [sys.executable, "-m", "local_cluster", str(logs)]
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=said, env=environment() | path, cwd=logs)
    try:
        assert process.stdout is not None
        words = process.stdout.readline().decode().split()
        assert len(words) == 3, (logs / "cluster").read_text()
        yield words[0], int(words[1]), int(words[2])
        process.communicate(timeout=LIMIT)
    finally:
        process.kill()
        process.wait(20)


def slow_film(place: Path) -> Path:
    with av.open(place, "w") as output:
        stream = output.add_stream("libx264", rate=Fraction(1, SECONDS), options={"crf": "8", "preset": "ultrafast"})
        stream.width, stream.height = SCENE.size
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, 100)
        for number, (canvas, _) in enumerate(SCENE.pictures()):
            frame = av.VideoFrame.from_ndarray(canvas, format="rgb24")
            frame.pts, frame.time_base = 100 * SECONDS * number, Fraction(1, 100)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return place


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the time to kill is read from /proc")
def test_a_killed_worker_changes_nothing(local_cluster: tuple[str, int, int], tmp_path: Path) -> None:
    address, victim, survivor = local_cluster
    (desk := tmp_path / "desk").mkdir()
    source, whole, parts = slow_film(desk / "in.mp4"), desk / "whole.mkv", desk / "parts.mkv"
    settings = Settings(codec="ffv1", style="pixelate", every=1)
    summary = compose.run(settings, source, whole)
    told = ["--codec", "ffv1", "--style", "pixelate", "--every", "1", "--cluster", address]
    with ExitStack() as stack:
        command = ["streamblur", "blur", str(source), "-o", str(parts), *told]
        run = Started(command, tmp_path / "logs" / "run", stack)
        until(lambda: list(desk.glob(".parts.mkv.*.streamblur-partial/lock")), "the folder of the pieces")
        before = seconds(victim)
        until(lambda: seconds(victim) > before + 0.7, "the worker at work")
        assert not parts.exists()
        os.kill(victim, signal.SIGKILL)
        assert run.process.wait(LIMIT) == 0, run.log.read_text()
    until(lambda: not Path(f"/proc/{victim}").exists(), "the end of the worker")
    assert seconds(survivor)
    said = run.log.read_text()
    assert said.startswith(f"{summary.frames} frames, {summary.tracks} face"), said
    assert "not divided" not in said
    assert summary.tracks
    assert summary.notes == tuple(line[6:] for line in said.splitlines() if line.startswith("Note: "))
    one, other = pictures(whole), pictures(parts)
    assert len(one) == len(other) == SCENE.frames
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert sorted(os.listdir(desk)) == ["in.mp4", "parts.mkv", "whole.mkv"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the time to stop is read from /proc")
def test_ctrl_c_leaves_nothing_and_the_workers_free(cluster: tuple[str, list[Started]], tmp_path: Path) -> None:
    address, both = cluster
    (desk := tmp_path / "desk").mkdir()
    command = ["streamblur", "blur", str(slow_film(desk / "in.mp4")), "--every", "1", "--cluster", address]
    with ExitStack() as stack:
        run = Started(command, tmp_path / "logs" / "run", stack)
        until(lambda: list(desk.glob(".*.streamblur-partial/lock")), "the folder of the pieces")
        before = [seconds(worker.process.pid) for worker in both]
        until(lambda: any(seconds(w.process.pid) > b + 0.5 for w, b in zip(both, before, strict=True)), "work")
        os.kill(run.process.pid, signal.SIGINT)
        assert run.process.wait(LIMIT) == 130
    assert run.log.read_text() == "Stopped.\n"
    assert os.listdir(desk) == ["in.mp4"]
    assert [worker.process.poll() for worker in both] == [None, None]


def test_many_files_one_each(cluster: tuple[str, list[Started]], tmp_path: Path) -> None:
    address, _ = cluster
    (desk := tmp_path / "desk").mkdir()
    for name in ("a.mp4", "b.mkv", "c.mov"):
        make(desk / name, Clip(times=tuple(range(6))))
    (desk / "broken.mp4").write_bytes((desk / "a.mp4").read_bytes()[:900])
    told = ["blur", ".", "-o", "safe/", "--report", "log.csv", "--preset", "ultrafast", "--cluster", address]
    command = [sys.executable, "-m", "streamblur", *told]
    ended = subprocess.run(
        command, cwd=desk, env=environment(), capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert ended.returncode == 1, ended.stderr
    assert "broken.mp4 is cut off" in ended.stdout
    outputs = [name for name in os.listdir(desk / "safe") if not name.startswith(".")]
    assert sorted(outputs) == ["a.mp4", "b.mkv", "c.mov"]
    assert len((desk / "log.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize("option", ["--verify", "--report=proof.html", "--report=log.csv"])
def test_what_cannot_be_done_there_is_wrong_usage(option: str, meeting: Path) -> None:
    result = CliRunner().invoke(main, ["blur", str(meeting), "--cluster", "nowhere:1", option])
    assert result.exit_code == 2
    assert "--cluster" in result.output


def test_nobody_there_is_one_sentence(meeting: Path, tmp_path: Path) -> None:
    told = [sys.executable, "-m", "streamblur", "blur", str(meeting), "-o", str(tmp_path / "out.mp4"), "--cluster"]
    ended = subprocess.run(
        [*told, "tcp://127.0.0.1:1"], env=environment(), capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == ("Error: no Dask scheduler answers at tcp://127.0.0.1:1: start one with 'dask scheduler'.\n")
    assert os.listdir(tmp_path) == []
