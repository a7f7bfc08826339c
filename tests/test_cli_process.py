"""The command line as a process of its own: start-up, a real run, signals, a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "streamblur"]


def test_help_and_version_import_nothing_heavy() -> None:
    script = (
        "import sys; import streamblur.cli; "
        "print([m for m in ('av', 'cv2', 'numpy', 'mediapipe', 'tqdm', 'streamblur.engine') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_help_starts_quickly() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([*COMMAND, "blur", "--help"], check=True, capture_output=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.3


def start(*arguments: str | Path, **how: Any) -> subprocess.Popen[str]:
    """The real command in a process of its own."""
    command = [*COMMAND, "blur", *map(str, arguments)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how}
    return subprocess.Popen(command, **how)


def test_the_sample_end_to_end(meeting: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    process = start(meeting, "-o", output, "--preset", "veryfast")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert err == ""
    assert out.startswith("150 frames, ")
    assert out.splitlines()[0].endswith(str(output))
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_stopping_leaves_nothing_behind(meeting: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = start(meeting, "-o", tmp_path / "out.mp4", "--preset", "veryslow")
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    asked = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - asked < 2  # a second, and one for a machine that has other things to do
    assert (process.returncode, out, err) == (code, "", "Stopped.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("columns", [100, 0], ids=["sized", "unsized"])
def test_a_terminal_sees_a_progress_bar(meeting: Path, tmp_path: Path, columns: int) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(meeting, "-o", tmp_path / "out.mp4", "--preset", "ultrafast", stderr=theirs)
    os.close(theirs)
    seen = until_closed(ours)
    out, _ = process.communicate(timeout=200)
    assert out.startswith("150 frames, ")
    for part in (b"/150", b"frames/s", b"in view"):
        assert part in seen


def until_closed(terminal: int) -> bytes:
    seen = b""
    with os.fdopen(terminal, "rb", buffering=0) as file, contextlib.suppress(OSError):  # Linux: EIO at the end
        while chunk := file.read(4096):
            seen += chunk
    return seen


@pytest.mark.parametrize("name", ["missing.mp4", "empty.mp4", "words.mp4"])
def test_a_bad_input_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "words.mp4").write_text("not a film")
    before = sorted(path.name for path in tmp_path.iterdir())
    process = start(tmp_path / name)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert name in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
