"""What is installed: the models with their licence and hashes, the types, and nothing that needs a network."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import requires, version
from pathlib import Path
from types import ModuleType

import pytest

import streamblur
from streamblur.rooms import choices

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "streamblur" / "weights"


@pytest.fixture
def hook() -> ModuleType:
    """The build hook, setup.py, as a module."""
    spec = importlib.util.spec_from_file_location("hook", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def no_download(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> Path:
        raise AssertionError("asked for a download")

    monkeypatch.setattr(hook, "download", refuse)


def wheel_with(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "mediapipe-0.10.21.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in files.items():
            archive.writestr(member, data)
    return path


def members(hook: ModuleType) -> dict[str, bytes]:
    return {member: (WEIGHTS / name).read_bytes() for name, (member, _) in hook.FILES.items()}


def test_the_models_are_the_ones_that_were_measured() -> None:
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in WEIGHTS.glob("*.tflite")}
    assert digests == {
        "face_detection_short_range.tflite": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        "face_detection_full_range_sparse.tflite": "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    }


def test_the_models_carry_their_licence_and_origin() -> None:
    assert "Apache License" in (WEIGHTS / "LICENSE").read_text(encoding="utf-8")
    notice = (WEIGHTS / "NOTICE").read_text(encoding="utf-8")
    assert "mediapipe==0.10.21" in notice
    for path in WEIGHTS.glob("*.tflite"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in notice


@pytest.mark.usefixtures("no_download")
def test_right_files_are_kept_without_a_network(hook: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    hook.ensure_weights(tmp_path / "weights")


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_a_missing_or_changed_file_is_fetched_again(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS, folder)
    model = folder / "face_detection_short_range.tflite"
    model.write_bytes(b"something else") if harm == "changed" else model.unlink()
    monkeypatch.setattr(hook, "download", lambda scratch: wheel_with(scratch, members(hook)))
    hook.ensure_weights(folder)
    assert hook.present(folder)


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_an_unknown_wheel_is_refused_whole(hook: ModuleType, tmp_path: Path, harm: str) -> None:
    files = members(hook)
    member, _ = hook.FILES["face_detection_short_range.tflite"]
    files[member] += b"!"
    if harm == "missing":
        del files[member]
    with pytest.raises(SystemExit, match=r"not the wheel we know.*short_range"):
        hook.extract(wheel_with(tmp_path, files), tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


def test_a_failed_download_says_what_to_do(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(SystemExit, match="PIP_INDEX_URL"):
        hook.ensure_weights(tmp_path / "weights")
    assert "mediapipe==0.10.21" in capfd.readouterr().err


def test_source_distribution_and_wheel_build_without_a_network(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__"))
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path)]
    offline = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    subprocess.run([*build, "--sdist", str(tree)], check=True, capture_output=True, env=offline)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    unpacked = next((tmp_path / "unpacked").iterdir())
    subprocess.run([*build, "--wheel", str(unpacked)], check=True, capture_output=True, env=offline)
    wheel = next(tmp_path.glob("*.whl"))
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as contents:
        names = set(contents.namelist())
        assert {f"streamblur/weights/{path.name}" for path in WEIGHTS.iterdir()} <= names
        assert {p.relative_to(ROOT).as_posix() for p in (ROOT / "streamblur").rglob("*.py")} <= names
        assert "streamblur/py.typed" in names
        page = [
            path
            for path in (ROOT / "streamblur" / "web").rglob("*.*")
            if path.suffix in (".js", ".css", ".json", ".svg", ".html")
        ]
        assert len(page) > 20
        assert {path.relative_to(ROOT).as_posix() for path in page} <= names
        assert any(name.endswith("licenses/LICENSE") for name in names)
    assert wheel.stat().st_size < 1_500_000


def test_one_opencv_build_is_required() -> None:
    needed = [line for line in requires("streamblur") or [] if "extra ==" not in line]
    assert [line.split(">")[0] for line in needed if line.startswith("opencv")] == ["opencv-contrib-python"]


def test_the_version_is_one() -> None:
    assert version("streamblur") == streamblur.__version__


def test_every_room_offers_its_modules() -> None:
    for room in ("sources", "detectors", "trackers", "obscurers", "sinks"):
        files = {path.stem for path in (ROOT / "streamblur" / room).glob("*.py") if not path.name.startswith("_")}
        assert set(choices(room)) == files
        assert files


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_model_is_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in tracked if name.endswith((".tflite", ".onnx", ".task", ".pt"))] == []


ELSEWHERE = """
import asyncio, concurrent.futures.process, importlib, os, pkgutil, shutil, signal, subprocess, sys, tempfile
import multiprocessing.popen_spawn_posix, multiprocessing.resource_tracker
for name in ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios"):
    sys.modules[name] = None
for holder, names in (
    (os, "getuid geteuid getgid setsid getpgid killpg mkfifo sched_getaffinity sched_setscheduler sched_getscheduler"),
    (os, "O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC SCHED_OTHER statvfs fchmod"),
    (signal, "SIGHUP SIGKILL SIGALRM SIGUSR1 SIGXCPU pthread_sigmask"),
):
    for name in names.split():
        if hasattr(holder, name):
            delattr(holder, name)
import streamblur
for found in pkgutil.walk_packages(streamblur.__path__, "streamblur."):
    if found.name not in ("streamblur.__main__", "streamblur.segments.cluster"):  # distributed wants more than we do
        importlib.import_module(found.name)
from streamblur.cli import main
main(sys.argv[1:])
"""


def test_no_module_needs_what_windows_lacks(meeting: Path, tmp_path: Path) -> None:
    """Not Windows itself: the parts of Python's library that it has not are taken away."""
    words = ["blur", str(meeting), "-o", str(tmp_path / "out.mp4"), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *words], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.mp4").stat().st_size > 10_000
