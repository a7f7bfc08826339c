"""The rows of a track as columns of whole numbers, which is how a file holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamblur.faces import FaceTrack, Numbers
from streamblur.faces.schema import NotValid

EDGES = ("left", "top", "right", "bottom")


def of(track: FaceTrack) -> dict[str, Any]:
    """``runs``, ``left``, ``top``, ``right``, ``bottom``, ``by`` and ``scores`` of a track."""
    columns = {name: track.boxes[:, n].tolist() for n, name in enumerate(EDGES)}
    return {"runs": _runs(track.frames), **columns, "by": track.by.tolist(), "scores": track.scores.tolist()}


def track(number: int, columns: Mapping[str, Any], frames: int, detectors: int, added: bool = False) -> FaceTrack:
    """The track that such columns describe, in an input of so many frames, seen by so many detectors.

    Raises NotValid when they contradict each other.
    """
    rows, name = len(columns["left"]), f"track {number}"
    lengths = {len(columns[each]) for each in (*EDGES, "by", "scores")}
    if lengths != {rows} or sum(count for _, count in columns["runs"]) != rows or not rows:
        raise NotValid(f"{name} has columns of different lengths")
    where = _frames(columns["runs"])
    boxes = np.array([columns[each] for each in EDGES], np.int64).T
    if where[-1] >= frames or (np.diff(where) < 0).any():
        raise NotValid(f"{name} is on frames that are not there, or not in their order")
    if (boxes[:, 2:] <= boxes[:, :2]).any():
        raise NotValid(f"{name} has a box without an inside")
    by = np.array(columns["by"], np.int64)
    if by.max() > detectors:
        raise NotValid(f"{name} was seen by a detector that is not listed")
    return FaceTrack(number, where, np.ascontiguousarray(boxes), by, np.array(columns["scores"], np.int64), added)


def _runs(frames: Numbers) -> list[list[int]]:
    """[first, how many] for each stretch of frames that follow one another."""
    breaks = np.flatnonzero(np.diff(frames) != 1) + 1
    starts: NDArray[Any] = np.concatenate([[0], breaks]) if len(frames) else np.zeros(0, np.int64)
    counts = np.diff(np.concatenate([starts, [len(frames)]]))
    return np.column_stack([frames[starts], counts]).tolist() if len(frames) else []


def _frames(runs: Sequence[Sequence[int]]) -> Numbers:
    return np.concatenate([np.arange(first, first + count, dtype=np.int64) for first, count in runs])
