"""When to look, and looking: the first stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamblur.geometry import scaled
from streamblur.planes import AnalysisPicture, luma, shown_size
from streamblur.ports import Detector
from streamblur.values import Detection, Frame

SAMPLE = 48
"""Samples per side of the luma grid on which pictures are compared."""
CUT = 0.08
"""Mean change of luma, as a share of the picture's range, from which it may be a cut ..."""
CUT_OVER_USUAL = 3.0
"""... if it also is this many times the recent change. A cut taken in error costs one look."""
SETTLE = 0.2
"""Weight of the newest change in the recent change."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame and what was seen on it; ``seen`` is None when nobody looked, ``cut`` says that
    the picture as a whole changed before it."""

    frame: Frame
    seen: Sequence[Detection] | None
    cut: bool


class CutFinder:
    """Says of each frame whether a new shot begins with it."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._usual = 0.0

    def __call__(self, frame: Frame) -> bool:
        now = _sample(frame)
        last, self._last = self._last, now
        if last is None or last.shape != now.shape:
            return last is not None
        change = float(np.abs(now - last).mean())
        cut = change > CUT and change > CUT_OVER_USUAL * self._usual
        if not cut:
            self._usual += SETTLE * (change - self._usual)
        return cut


def _sample(frame: Frame) -> NDArray[np.float32]:
    """A coarse grid of luma, 0 to 1."""
    brightness = luma(frame.picture)
    view = brightness.view
    rows, columns = max(1, view.shape[0] // SAMPLE), max(1, view.shape[1] // SAMPLE)
    grid = view[rows // 2 :: rows, columns // 2 :: columns].astype(np.float32)
    return grid / np.float32(brightness.layout.full_scale)


def looked(frames: Iterable[Frame], detector: Detector, every: int, analysis_size: int) -> Iterator[Looked]:
    """Look at every Nth frame, the first, the last, and on both sides of a cut; the others carry None."""
    look = _Look(detector, analysis_size)
    is_cut = CutFinder()
    waiting: Looked | None = None
    since = 0
    for frame in frames:
        cut = is_cut(frame)
        if waiting is not None:
            yield look(waiting) if cut or since == 0 else waiting
            since = 0 if cut else (since + 1) % every
        waiting = Looked(frame, None, cut)
    if waiting is not None:
        yield look(waiting)


class _Look:
    def __init__(self, detector: Detector, analysis_size: int) -> None:
        self._detector = detector
        self._picture = AnalysisPicture(analysis_size)

    def __call__(self, unseen: Looked) -> Looked:
        frame = unseen.frame
        image = self._picture(frame.picture, frame.orientation)
        width, height = shown_size(frame.picture, frame.orientation)
        x, y = width / image.shape[1], height / image.shape[0]
        found = [replace(d, box=scaled(d.box, x, y)) for d in self._detector.detect(image)]
        return replace(unseen, seen=found)
