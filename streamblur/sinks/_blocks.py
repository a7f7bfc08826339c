"""``--keep jpeg.blocks``: of a JPEG only those blocks are encoded anew in which something was hidden.

What is compared are pixels: a block stays as it was only if no pixel of it, nor of the blocks that are coded with it
(an MCU), has changed. Those that reach over the edge are always new: pixels that nobody sees may be stored beyond it.
The file is written from blocks alone, so that nothing else comes along.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from streamblur.errors import MissingError
from streamblur.planes import components
from streamblur.sinks._partial import PartialFile, PartialFolder

_LIMIT = 120
"""Seconds that putting the blocks together may take."""
_WHOLE = "all blocks of the JPEG are written anew"


class Blocks:
    """Keeps those of the JPEG ``origin`` that are not touched. Raises MissingError without the library for it."""

    def __init__(self, origin: Path, place: Path) -> None:
        if find_spec("jpeglib") is None:
            raise MissingError(
                "Keeping the blocks of a JPEG needs jpeglib: install it with 'python3 -m pip install streamblur[jpeg]'."
            )
        self._origin, self._place = origin, place
        self._kept: NDArray[np.bool_] | None = None

    def see(self, picture: VideoFrame) -> None:
        """Take note of where the covered picture differs from the original."""
        with contextlib.suppress(av.FFmpegError, OSError, StopIteration):
            before = _decoded(self._origin)
            if (before.format.name, before.width, before.height) == (
                picture.format.name,
                picture.width,
                picture.height,
            ):
                self._kept = ~touched(before, picture)

    def keep(self, partial: PartialFile) -> str:
        """Put them into the finished JPEG in ``partial``; a sentence about it. Raises OSError or OutputError."""
        if self._kept is None or not self._kept.any():
            return f"{_WHOLE}: it is turned, or not stored in the usual colours" if self._kept is None else _WHOLE
        folder = PartialFolder(self._place)
        try:
            partial.file.seek(0)
            (folder.path / "new.jpg").write_bytes(partial.file.read())
            np.save(folder.path / "kept.npy", self._kept)
            code = _run(self._origin, folder.path)
            if code:
                return f"{_WHOLE}: its tables are unusual, or it is damaged"
            partial.file.seek(0)
            partial.file.truncate()
            partial.file.write((folder.path / "done.jpg").read_bytes())
        finally:
            folder.vanish()
        return f"kept {self._kept.mean():.1%} of the blocks of the JPEG as they were"


def touched(before: VideoFrame, after: VideoFrame) -> NDArray[np.bool_]:
    """Which MCUs differ, or reach over the edge: (rows, columns). The two are of one size and format."""
    old, new = components(before), components(after)
    high = 8 * max(c.layout.step_y for c in old)
    wide = 8 * max(c.layout.step_x for c in old)
    found = np.zeros((-(-before.height // high), -(-before.width // wide)), np.bool_)
    for a, b in zip(old, new, strict=True):
        rows, columns = high // a.layout.step_y, wide // a.layout.step_x
        differs = np.zeros((found.shape[0] * rows, found.shape[1] * columns), np.bool_)
        differs[: a.view.shape[0], : a.view.shape[1]] = a.view != b.view
        found |= differs.reshape(found.shape[0], rows, found.shape[1], columns).any((1, 3))
    found[before.height // high :] = True
    found[:, before.width // wide :] = True
    return found


def _decoded(place: Path) -> VideoFrame:
    options = {"format_whitelist": "jpeg_pipe", "codec_whitelist": "mjpeg", "protocol_whitelist": ""}
    with place.open("rb") as file:
        container: Any = av.open(file, "r", format="jpeg_pipe", options=options)
        with container:
            picture: VideoFrame = next(container.decode(video=0))
            return picture


def _run(origin: Path, folder: Path) -> int:
    """The exit code of ``_grafting``; not 0 when it takes too long."""
    command = [sys.executable, "-m", "streamblur.sinks._grafting", str(origin), str(folder)]
    told = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP"), str(folder)
    )
    quiet = subprocess.DEVNULL
    try:
        ended = subprocess.run(
            command, env=os.environ | told, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 1
    return ended.returncode
