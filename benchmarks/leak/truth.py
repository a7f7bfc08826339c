"""What is known of a clip: where its faces are, who is who, where it is cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.leak.pairs import Gray
from streamblur.geometry import iou
from streamblur.values import Box

Boxes = Sequence[Sequence[Box]]
SAME, PATIENCE = 0.1, 5
"""A box continues the one it overlaps by SAME or more (intersection over union), over gaps of up to PATIENCE frames."""
CUT, OUTLIER = 10.0, 4.0
"""A cut changes the picture by CUT grey levels on average and OUTLIER times as much as the frames before it did."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Faces of each frame, as boxes of the upright picture; frames beyond ``boxes`` are not judged.

    ``cuts`` are the frames that begin a new shot; None: they are looked for in the original.
    """

    boxes: Boxes
    cuts: tuple[int, ...] | None = None

    @property
    def faceless(self) -> bool:
        return not any(self.boxes)


def read(place: Path) -> dict[str, Truth]:
    """The truth of each clip in a file of the form ``{clip: {"frames": {"0": [[x, y, w, h], ...]}}}``."""
    clips = json.loads(place.read_text(encoding="utf-8"))
    return {clip: parsed(entry) for clip, entry in clips.items()}


def parsed(entry: Mapping[str, Any]) -> Truth:
    frames = {int(number): faces for number, faces in entry["frames"].items()}
    last = max(frames, default=-1)
    boxes = [[Box(x, y, x + w, y + h) for x, y, w, h in frames.get(number, [])] for number in range(last + 1)]
    known = entry.get("cuts")
    return Truth(boxes, None if known is None else tuple(known))


def linked(boxes: Boxes, cuts: Sequence[int] = ()) -> list[list[tuple[int, int]]]:
    """Boxes joined over time: each track is (frame, place in that frame's list) in order; tracks end at cuts."""
    tracks: list[list[tuple[int, int]]] = []
    live: list[list[tuple[int, int]]] = []
    for number, faces in enumerate(boxes):
        live = [] if number in cuts else [track for track in live if number - track[-1][0] <= PATIENCE]
        taken = _matches([boxes[frame][index] for frame, index in (track[-1] for track in live)], faces)
        for index in range(len(faces)):
            track = live[taken[index]] if index in taken else []
            if not track:
                tracks.append(track)
                live.append(track)
            track.append((number, index))
    return tracks


def _matches(before: Sequence[Box], now: Sequence[Box]) -> dict[int, int]:
    """Index of now -> index of before, best overlap first."""
    scored = [(iou(a, b), i, j) for i, a in enumerate(before) for j, b in enumerate(now)]
    taken: dict[int, int] = {}
    used: set[int] = set()
    for score, i, j in sorted(scored, reverse=True):
        if score >= SAME and i not in used and j not in taken:
            taken[j] = i
            used.add(i)
    return taken


def thumbnail(picture: Gray) -> NDArray[np.float32]:
    """The picture in 64 x 36: enough to tell one shot from another."""
    return cv2.resize(picture, (64, 36), interpolation=cv2.INTER_AREA).astype(np.float32)


def cuts(thumbnails: Sequence[NDArray[np.float32]]) -> tuple[int, ...]:
    """The frames that begin a new shot."""
    steps = [float(np.abs(b - a).mean()) for a, b in pairwise(thumbnails)]
    found: list[int] = []
    calm: list[float] = []
    for number, step in enumerate(steps, 1):
        usual = float(np.median(calm[-10:])) if calm else 0.0
        if step >= CUT and step >= OUTLIER * usual:
            found.append(number)
        else:
            calm.append(step)
    return tuple(found)
