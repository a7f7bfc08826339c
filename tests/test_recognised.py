"""With the real detector: on scenes whose truth is known no face is exposed, whatever frame the looks begin at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from scenes import RGB, SCENES, stamped, under
from test_hindsight import MARGIN, stream

from streamblur.engine.following import followed
from streamblur.engine.hindsight import settled
from streamblur.engine.looking import looked
from streamblur.ports import Detector
from streamblur.rooms import part
from streamblur.settings import Settings
from streamblur.trackers import motion
from streamblur.values import Box, Cover, Detection

COVERED = 0.95
"""Share of the face's oval that has to be under a mask (quality plan 1.5)."""


class Remembered:
    """A detector that looks at each frame once and then knows it."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._seen: dict[int, list[Detection]] = {}

    def detect(self, image: RGB) -> list[Detection]:
        number = stamped(image)
        if number not in self._seen:
            self._seen[number] = list(self._detector.detect(image))
        return self._seen[number]

    def close(self) -> None:
        self._detector.close()


@pytest.fixture(scope="module")
def detector() -> Iterator[Detector]:
    made: Detector = part("detectors", "mediapipe").build(Settings())
    yield made
    made.close()


def covered_oval(face: Box, masks: Sequence[Cover], size: tuple[int, int]) -> float:
    y, x = np.mgrid[: size[1], : size[0]]
    (middle_x, middle_y), wide, high = face.center, face.width / 2, face.height / 2
    oval = np.hypot((x + 0.5 - middle_x) / wide, (y + 0.5 - middle_y) / high) <= 1
    return float(under(masks, size, MARGIN)[oval].mean())


@pytest.mark.parametrize("name", sorted(SCENES))
def test_no_face_is_exposed(name: str, detector: Detector) -> None:
    frames, truth = stream(name)
    remembered = Remembered(detector)
    exposed = []
    for first in range(5):
        tracker = motion.build(Settings())
        found = settled(followed(looked(frames[first:], remembered, 5, 1280), tracker), tracker, 1.0)
        for n, decided in enumerate(found, first):
            shares = (covered_oval(face, decided.covers, SCENES[name].size) for face in truth[n])
            exposed += [(first, n, round(share, 2)) for share in shares if share < COVERED]
    assert exposed == []
