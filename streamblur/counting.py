"""What a run has done so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from streamblur.values import Cover, Progress, StreamInfo, Summary

Report = Callable[[Progress], None]


class Counts:
    """Counts what was written, and reports it."""

    def __init__(self, info: StreamInfo, report: Report | None) -> None:
        self._total, self._report, self._still = info.frames, report, info.still
        self._frames = self._covered = 0
        self._tracks: set[int] = set()

    def add(self, covers: Iterable[Cover]) -> None:
        faces = {cover.track for cover in covers if not cover.exact}
        self._tracks |= faces
        self._covered += len(faces)
        self._frames += 1
        if self._report is not None:
            self._report(Progress(self._frames, self._total, len(faces)))

    def summary(self, seconds: float, output: Path, notes: tuple[str, ...]) -> Summary:
        faces = self._covered if self._still else len(self._tracks)
        return Summary(self._frames, faces, self._covered, seconds, output, notes, self._still)
