"""Several detectors as one: what each sees of the same picture, joined, and weighed against the others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import prod

from streamblur.detectors._joining import Sight, joined
from streamblur.geometry import iou
from streamblur.ports import Detector, Image
from streamblur.values import Detection

_SAME = 0.35  # IoU from which two detectors mean the same face
_STRICT = frozenset({"yunet", "centerface"})  # they seldom err on a face that they can see
_SEEN = (16.0, 400.0)  # shorter side in pixels between which they see nearly every upright face
_DOUBT = 0.2  # what a face loses that only another sees, where a strict one should have


class Union:
    """Asks every detector of ``parts`` (its name and itself), and closes them."""

    def __init__(self, parts: Sequence[tuple[str, Detector]]) -> None:
        self._parts = parts
        self._strict = any(name in _STRICT for name, _ in parts)
        self.notes = tuple(note for _, part in parts for note in getattr(part, "notes", ()))

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first."""
        seen = [list(part.detect(image)) for _, part in self._parts]
        grain = float(max(image.shape[:2]))
        faces = joined([Sight(face, grain) for faces in seen for face in faces])
        return sorted((self._weighed(face, seen) for face in faces), key=lambda face: -face.score)

    def forget(self) -> None:
        """Take the next picture for the first one."""
        for _, part in self._parts:
            part.forget()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Closes every part, also when one fails to."""
        with ExitStack() as stack:
            for _, part in self._parts:
                stack.callback(part.close)

    def _weighed(self, face: Detection, seen: Sequence[Sequence[Detection]]) -> Detection:
        """More sure of it where detectors agree (noisy-or); less where a strict one should have seen it and did not."""
        views = [[d for d in each if iou(d.box, face.box) >= _SAME] for each in seen]
        agreed = 1 - prod(1 - max(d.score for d in view) for view in views if view)
        strict = any(name in _STRICT and view for (name, _), view in zip(self._parts, views, strict=True))
        doubtful = self._strict and not strict and _SEEN[0] <= min(face.box.width, face.box.height) <= _SEEN[1]
        return replace(face, score=max(face.score, agreed) - (min(_DOUBT, face.score) if doubtful else 0.0))
