"""The capture devices of this system: what FFmpeg calls them, how they are opened, which there are."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.logging import Capture

from streamblur.errors import InputError
from streamblur.settings import Live

CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
SCREENS = {"linux": "x11grab", "darwin": "avfoundation", "win32": "gdigrab"}
SOUNDS = {"linux": "alsa", "darwin": "avfoundation", "win32": "dshow"}
FORMATS = ("v4l2", "avfoundation", "dshow", "x11grab", "gdigrab", "alsa", "lavfi")
"""The kinds of device that a place may name."""


@dataclass(frozen=True, slots=True)
class Device:
    """``place`` is what the command line takes; ``formats`` are sentences on sizes and rates."""

    place: str
    name: str
    formats: tuple[str, ...] = ()


def system() -> str:
    return "linux" if sys.platform.startswith("linux") else sys.platform


def named(place: str, usual: dict[str, str]) -> tuple[str, str]:
    """Format and name of the device at ``[FORMAT:]NAME``. Raises InputError where the system has none."""
    start, colon, rest = place.partition(":")
    if colon and start in FORMATS:
        return start, rest
    if system() not in usual:
        raise InputError(f"{place}: there is no way known to open it on {sys.platform}.")
    return usual[system()], place


def opened(form: str, name: str, settings: Live, wishes: list[dict[str, str]]) -> Any:
    """The device, with the first of ``wishes`` that it can fulfil. Raises what PyAV raises for the last one."""
    asked = {"framerate": f"{settings.fps:g}"} if settings.fps else {}
    asked |= {"video_size": settings.size} if settings.size else {}
    for wish in wishes:
        told = {} if form in ("lavfi", "alsa") else wish | asked
        try:
            return av.open(name, format=form, options=told, timeout=(10.0, 5.0))
        except (av.FFmpegError, OSError, ValueError):
            if wish is wishes[-1]:
                raise
    raise AssertionError("no wishes")


def cameras() -> list[Device]:
    """The cameras of this system."""
    if system() == "linux":
        return list(_linux())
    return [Device(f"camera:{number}", name) for number, name in enumerate(_listed("video"))]


def sounds() -> list[str]:
    """The names of the sound devices, where FFmpeg can list them."""
    return _listed("audio") if system() in ("darwin", "win32") else _alsa()


def _linux() -> Iterator[Device]:
    """By number; a node that gives no pictures (metadata, outputs) is left out."""
    for node in sorted(Path("/dev").glob("video[0-9]*"), key=lambda path: int(path.name[5:])):
        said = _said(str(node), "v4l2", {"list_formats": "all"})
        formats = tuple(match.strip() for match in re.findall(r"(?:Raw|Compressed)\s*:\s*(.+)", said))
        if formats:
            yield Device(f"camera:{node.name[5:]}", _linux_name(node), formats)


def _linux_name(node: Path) -> str:
    with contextlib.suppress(OSError):
        return (Path("/sys/class/video4linux") / node.name / "name").read_text(encoding="utf-8").strip()
    return str(node)


def _alsa() -> list[str]:
    with contextlib.suppress(OSError):
        cards = Path("/proc/asound/cards").read_text(encoding="utf-8")
        return [
            f"alsa:hw:{number} ({name})" for number, name in re.findall(r"^\s*(\d+) .*: (.+)$", cards, re.MULTILINE)
        ]
    return []


def _listed(kind: str) -> list[str]:
    """The device names that avfoundation and dshow write to FFmpeg's log when asked."""
    form = CAMERAS[system()]
    said = _said("dummy" if form == "dshow" else "", form, {"list_devices": "true"})
    if form == "dshow":
        return re.findall(rf'"([^"]+)" \({kind}\)', said)
    part = said.partition(f"AVFoundation {kind} devices:")[2].partition("AVFoundation audio devices:")[0]
    return re.findall(r"\[\d+\] (.+)", part)


def _said(name: str, form: str, options: dict[str, str]) -> str:
    """What FFmpeg logs while it is asked for a list, which it does not give in any other way."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with Capture() as lines, contextlib.suppress(av.FFmpegError, OSError, ValueError):
            av.open(name, format=form, options=options).close()
    finally:
        av.logging.set_level(before)
    return "".join(text for _, _, text in lines)
