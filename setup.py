"""Build hook: puts MediaPipe's face models inside the package. Everything else is in pyproject.toml.

MediaPipe 1.x ships no face models; the last wheel that carries them is 0.10.21. The hook takes
three files out of that one wheel, whatever machine builds (they are data), checks their sha256,
and keeps what is already there and right, so that a source distribution builds without a network.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

WEIGHTS = Path(__file__).resolve().parent / "streamblur" / "weights"
ORIGIN = "mediapipe==0.10.21"
WHEEL_TAGS = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64")
FILES = {
    "face_detection_short_range.tflite": (
        "mediapipe/modules/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ),
    "face_detection_full_range_sparse.tflite": (
        "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    ),
    "LICENSE": (
        "mediapipe-0.10.21.dist-info/LICENSE",
        "8707eef0533987efc5b155d64761eeb6e20793f50b9bd1a68dad1cf4719d0ed8",
    ),
}
ADVICE = f"""
Either let pip reach a package index that has {ORIGIN} (behind a mirror: set PIP_INDEX_URL; offline: download its
cp311 manylinux_2_28_x86_64 wheel elsewhere and set PIP_FIND_LINKS to its folder), or build from a source
distribution of streamblur, which carries the models. Then run the same command again."""


def present(folder: Path) -> bool:
    """True when every file is in ``folder`` with the right content."""
    return all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, (_, digest) in FILES.items()
    )


def download(folder: Path) -> Path:
    """The wheel, fetched by pip into ``folder``."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", *WHEEL_TAGS, f"--dest={folder}", ORIGIN]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise SystemExit(f"streamblur: pip could not download {ORIGIN} for its face models (see above).{ADVICE}")
    return next(folder.glob("*.whl"))


def extract(wheel: Path, folder: Path) -> None:
    """Takes the files out of ``wheel``; writes none of them unless all are right."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        found = {name: archive.read(member) for name, (member, _) in FILES.items() if member in names}
    wrong = [name for name in FILES if hashlib.sha256(found.get(name, b"")).hexdigest() != FILES[name][1]]
    if wrong:
        raise SystemExit(f"streamblur: {wheel.name} is not the wheel we know ({', '.join(wrong)} differ).{ADVICE}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in found.items():
        (folder / name).write_bytes(data)


def notice() -> str:
    """What travels with the models: where they come from, under which licence, and their hashes."""
    rows = "\n".join(f"{name}\n    from {member}\n    sha256 {digest}" for name, (member, digest) in FILES.items())
    return (
        f"The face detection models in this folder are Copyright The MediaPipe Authors (Google LLC),\n"
        f"Apache License 2.0 (see LICENSE beside this file). They are unchanged files of the PyPI wheel\n"
        f"{ORIGIN}, cp311 manylinux_2_28_x86_64:\n\n{rows}\n"
    )


def ensure_weights(folder: Path = WEIGHTS) -> None:
    """Leaves ``folder`` with the right files; uses the network only when one is missing or wrong."""
    if not present(folder):
        with tempfile.TemporaryDirectory() as scratch:
            extract(download(Path(scratch)), folder)
    (folder / "NOTICE").write_text(notice(), encoding="utf-8")


class BuildPy(build_py):
    """Runs for wheels and for editable installs (``pip install -e .``) alike."""

    def run(self) -> None:
        ensure_weights()
        super().run()


class SourceDistribution(sdist):
    def run(self) -> None:
        ensure_weights()
        super().run()


if __name__ == "__main__":
    setup(cmdclass={"build_py": BuildPy, "sdist": SourceDistribution})
