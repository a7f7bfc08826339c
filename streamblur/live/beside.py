"""The detector of a live run: on a thread of its own, tried before the first frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from streamblur import threads
from streamblur.geometry import upright_size
from streamblur.ports import Detector, Source
from streamblur.settings import Live
from streamblur.values import Detection

if TYPE_CHECKING:
    from streamblur.engine.held import Look

TRIES = 4
"""Looks at each size that are tried before the first frame."""
PATIENCE = 5.0
"""Seconds in which that has to happen; a detector that does not answer has the curtain shown from the first frame."""


class Beside:
    """Looking on a thread of its own, which wakes the intake."""

    def __init__(self, detector: Detector) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.thread: threads.Beside[Look, Sequence[Detection]] = threads.Beside(
            lambda look: detector.detect(look.image), "look", lambda: self.wake()
        )


@contextmanager
def looking(detector: Detector) -> Iterator[Beside]:
    beside = Beside(detector)
    try:
        yield beside
    finally:
        if beside.thread.close():  # one that hangs cannot be given back
            detector.close()


def tried(settings: Live, beside: Beside, source: Source) -> list[float] | None:
    """Seconds that a look at an empty picture of each size (``pace.SHARES``) takes once all is warm; None when the
    detector does not answer. The first look at a size may take three times as long as those after it."""
    from streamblur.engine.held import Look
    from streamblur.engine.pace import SHARES

    width, height = upright_size(source.info.width, source.info.height, source.info.orientation)
    until, seconds = time.monotonic() + PATIENCE, []
    for share in SHARES:
        shrink = min(1.0, share * settings.analysis / max(width, height))
        image = np.zeros((max(1, round(height * shrink)), max(1, round(width * shrink)), 3), np.uint8)
        taken = []
        for _ in range(TRIES):
            beside.thread.begin(Look(-1, image))
            while not (done := beside.thread.done()):
                if time.monotonic() > until:
                    return None
                time.sleep(0.002)
            taken.append(done[0][2])
        seconds.append(sum(taken[-2:]) / 2)
    return seconds
