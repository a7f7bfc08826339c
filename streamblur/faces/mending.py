"""Covering what a second look found, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace

import numpy as np

from streamblur.faces import PER_SCORE, Faces, FaceTrack, columns, outward, steps
from streamblur.faces.edits import free_id
from streamblur.findings import Finding
from streamblur.geometry import grown
from streamblur.values import Box

HELD = 0.25
"""Seconds before and after a finding for which its place is covered too."""
WIDER = 0.15
"""Added on every side of what was found, as a share of it."""
SECOND_LOOK = "second look"
"""What faces that were mended are seen by, beside the detectors of the run."""


def mended(faces: Faces, findings: Sequence[Finding]) -> Faces:
    """The faces with everything that was found in the output covered as well, a little longer and larger.

    Each gets a track of its own, also where it may belong to a face: one that is kept visible must not take it along.
    """
    if SECOND_LOOK not in faces.detectors:
        faces = replace(faces, detectors=(*faces.detectors, SECOND_LOOK))
    for finding in findings:
        track = _track(faces, free_id(faces), finding)
        faces = replace(faces, edits=(*faces.edits, {"do": "drawn", "id": track.id, **columns.of(track)}))
    return faces


def _track(faces: Faces, number: int, finding: Finding) -> FaceTrack:
    """The places of a finding, the way between them, and where it was before and after, as a track."""
    reach = round(HELD / faces.time_base)
    seen = np.array([frame for frame, _ in finding.places], np.int64)
    times = faces.times[seen]
    first, stop = np.searchsorted(faces.times, (times[0] - reach, times[-1] + reach + 1))
    frames = np.arange(int(first), int(stop), dtype=np.int64)
    edges = np.array([astuple(box) for _, box in finding.places]).T
    ways = np.column_stack([np.interp(faces.times[frames], times, edge) for edge in edges])
    boxes = np.array([steps(outward(grown(Box(*way), WIDER))) for way in ways.tolist()], np.int64)
    by = np.where(np.isin(frames, seen), faces.detectors.index(SECOND_LOOK) + 1, 0)
    scores = np.full(len(frames), round(min(1.0, finding.score) * PER_SCORE), np.int64)
    return FaceTrack(number, frames, boxes, by, scores, True)
