"""Which faces a run covered, and where each can be looked at: what the page shows as chips."""

from __future__ import annotations

from typing import Any

from streamblur.geometry import upright_size
from streamblur.values import Box, Cover, Decided, SafeFrame

MOST = 300
"""Faces told of; the rest are only counted."""


class Seen:
    """A witness of a run. Boxes are told as shares (0 to 1) of the upright picture, so that any size of it will do."""

    def __init__(self) -> None:
        self._faces: dict[int, dict[str, Any]] = {}
        self._size = (0, 0)

    def __call__(self, decided: Decided[SafeFrame]) -> None:
        frame = decided.frame
        self._size = upright_size(frame.picture.width, frame.picture.height, frame.orientation)
        counted: set[int] = set()
        for cover in decided.covers:
            face = self._faces.get(cover.track)
            if face is None and len(self._faces) < MOST:
                self._faces[cover.track] = {
                    "frames": 1,
                    "first": round(frame.time, 3),
                    **self._sight(cover, frame.time),
                }
            elif face is not None:
                face["frames"] += cover.track not in counted
                if cover.seen and cover.score * cover.box.area > face["score"] * face["area"]:
                    face.update(self._sight(cover, frame.time))
            counted.add(cover.track)

    def _sight(self, cover: Cover, time: float) -> dict[str, Any]:
        share = shares(cover.box, *self._size)
        return {
            "id": cover.track,
            "box": share,
            "time": round(time, 3),
            "score": round(cover.score, 3),
            "area": cover.box.area,
        }

    def told(self) -> dict[str, Any]:
        """``faces`` and ``size`` as JSON can say them."""
        faces = [{key: value for key, value in face.items() if key != "area"} for face in self._faces.values()]
        return {"faces": sorted(faces, key=lambda face: face["first"]), "size": list(self._size)}


def shares(box: Box, width: int, height: int) -> list[float]:
    """Left, top, right and bottom as shares of the picture."""
    return [round(v, 5) for v in (box.left / width, box.top / height, box.right / width, box.bottom / height)]


def pixels(share: list[float], width: int, height: int) -> Box:
    """The other way round."""
    return Box(share[0] * width, share[1] * height, share[2] * width, share[3] * height)
