"""Boxes: turned, clipped and joined right."""

from __future__ import annotations

import numpy as np
import pytest

from streamblur import geometry
from streamblur.planes import turned
from streamblur.values import Box


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_upright_box_is_found_in_the_stored_picture(orientation: int) -> None:
    picture = np.zeros((40, 60), np.uint8)
    width, height = geometry.upright_size(60, 40, orientation)
    upright = Box(3, 5, 13, 20)
    box = geometry.stored(upright, 60, 40, orientation)
    picture[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = 1
    shown = turned(picture, orientation)
    assert shown.shape == (height, width)
    assert shown[5:20, 3:13].all()
    assert int(shown.sum()) == 150


def test_a_box_outside_is_nowhere() -> None:
    assert geometry.clipped(Box(100, 0, 110, 10), 100, 50) is None


def test_measures_of_overlap() -> None:
    a, b = Box(0, 0, 10, 10), Box(5, 0, 15, 10)
    assert geometry.overlap(a, b) == 50
    assert geometry.iou(a, b) == pytest.approx(1 / 3)
    assert geometry.containment(a, Box(2, 2, 4, 4)) == 1
    assert geometry.iou(Box(0, 0, 0, 0), Box(0, 0, 0, 0)) == 0
    assert geometry.union([a, b]) == Box(0, 0, 15, 10)


def test_grown_between_moved_scaled() -> None:
    assert geometry.grown(Box(10, 10, 20, 30), 0.1) == Box(9, 8, 21, 32)
    assert geometry.between(Box(0, 0, 10, 10), Box(10, 20, 30, 40), 0.5) == Box(5, 10, 20, 25)
    assert geometry.moved(Box(0, 0, 1, 1), 2, 3) == Box(2, 3, 3, 4)
    assert geometry.scaled(Box(1, 1, 2, 2), 2, 3) == Box(2, 3, 4, 6)


def test_many_pairs_at_once_are_as_each_pair() -> None:
    rng = np.random.default_rng(3)
    boxes = [Box(x, y, x + w, y + h) for x, y, w, h in rng.integers(0, 40, (30, 4)).astype(float)]
    pairs = geometry.ious(boxes[:20], boxes[20:])
    assert pairs.shape == (20, 10)
    expected = [[geometry.iou(a, b) for b in boxes[20:]] for a in boxes[:20]]
    assert np.allclose(pairs, expected)
    assert 0 < (pairs > 0).mean() < 1
    assert geometry.ious(boxes, []).shape == (30, 0)
