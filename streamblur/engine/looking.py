"""When to look, and looking: the first stage."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamblur.engine import chapters
from streamblur.engine.rhythm import Rhythm
from streamblur.geometry import scaled
from streamblur.planes import AnalysisPicture, Samples, luma, shown_size
from streamblur.ports import Detector, Image
from streamblur.timing import stage
from streamblur.values import Detection, Frame

SAMPLE = 48
"""Samples per side of the luma grid on which pictures are compared."""
BLOCKS = 6
"""Blocks per side of the grid, by which motion in a part of the picture is told."""
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


class Changes:
    """How much the picture changed, on a coarse grid of its luma: since the frame before, and since the last look."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._looked: NDArray[np.float32] | None = None
        self._usual = 0.0
        self._time = Fraction(0)
        self._lead: deque[tuple[Fraction, Fraction, float]] = deque()

    def cut(self, frame: Frame) -> bool:
        """Whether a new shot begins with this frame."""
        now = _sample(frame)
        before, self._before = self._before, now
        since, self._time = self._time, frame.pts * frame.time_base
        if before is None or before.shape != now.shape:
            return before is not None
        change = float(np.abs(now - before).mean())
        self._lead.append((since, self._time, change))
        while self._lead and self._lead[0][0] < self._time - chapters.LEAD:
            self._lead.popleft()
        cut = change > CUT and change > CUT_OVER_USUAL * self._usual
        if not cut:
            self._usual += SETTLE * (change - self._usual)
        return cut

    def begin(self, chapter: int) -> None:
        """The newest frame is the first of this chapter: what is usual is the mean of the changes in its lead, which
        whoever begins to read there knows too."""
        mark = chapter * chapters.CHAPTER
        lead = [change for since, to, change in self._lead if since >= mark - chapters.LEAD and to < mark]
        self._usual = sum(lead) / len(lead) if lead else 0.0

    def since_look(self) -> float:
        """The mean change of the block that changed most since ``looked``, 0 to 1."""
        if self._looked is None or self._before is None or self._looked.shape != self._before.shape:
            return 0.0
        difference = np.abs(self._before - self._looked)
        rows, columns = (max(1, n // BLOCKS) for n in difference.shape)
        whole = difference[: difference.shape[0] // rows * rows, : difference.shape[1] // columns * columns]
        return float(whole.reshape(whole.shape[0] // rows, rows, -1, columns).mean((1, 3)).max())

    def looked(self) -> None:
        """The newest frame is the one that later ones are compared with."""
        self._looked = self._before


def sampled(frame: Frame) -> Samples:
    """A coarse grid of luma, as it is."""
    view = luma(frame.picture).view
    rows, columns = max(1, view.shape[0] // SAMPLE), max(1, view.shape[1] // SAMPLE)
    return view[rows // 2 :: rows, columns // 2 :: columns].copy()


def _sample(frame: Frame) -> NDArray[np.float32]:
    """The same, 0 to 1."""
    return sampled(frame).astype(np.float32) / np.float32(luma(frame.picture).layout.full_scale)


def looked(frames: Iterable[Frame], detector: Detector, every: int | None, analysis_size: int) -> Iterator[Looked]:
    """Look at the first frame, the last, both sides of a cut, and between them at every Nth, or when it is
    time (``every`` None); the others carry None. With every chapter all of that begins anew."""
    look = _Look(detector, analysis_size)
    rhythm = Rhythm(every)
    changes = Changes()
    waiting: Looked | None = None
    due = False
    for frame in frames:
        cut = changes.cut(frame)
        if waiting is not None:
            if cut or due:
                waiting = look(waiting)
                rhythm.looked(waiting.seen or ())
            here = chapters.chapter(waiting.frame)
            yield waiting
            if (now := chapters.chapter(frame)) != here:
                rhythm = Rhythm(every)
                changes.begin(now)
                look.forget()
        waiting = Looked(frame, None, cut)
        due = rhythm.due(cut, changes.since_look())
        if due:
            changes.looked()
    if waiting is not None:
        yield look(waiting)


class _Look:
    def __init__(self, detector: Detector, analysis_size: int) -> None:
        self._detector = detector
        self._picture = AnalysisPicture(analysis_size)

    def forget(self) -> None:
        """Nothing seen before has a say in what is seen from now on."""
        if (forget := getattr(self._detector, "forget", None)) is not None:
            forget()

    def __call__(self, unseen: Looked) -> Looked:
        frame = unseen.frame
        with stage("analysis picture"):
            image = self._picture(frame.picture, frame.orientation)
        with stage("look"):
            seen = self._detector.detect(image)
        return replace(unseen, seen=placed(seen, image, frame))


def placed(seen: Sequence[Detection], image: Image, frame: Frame) -> list[Detection]:
    """What was seen on a smaller ``image`` of a frame, in the frame's pixels as shown."""
    width, height = shown_size(frame.picture, frame.orientation)
    x, y = width / image.shape[1], height / image.shape[0]
    return [replace(face, box=scaled(face.box, x, y)) for face in seen]
