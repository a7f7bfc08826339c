"""One picture, looked at once and covered as often as somebody moves a slider; everything goes through the engine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamblur import rooms
from streamblur.engine import anonymize
from streamblur.engine.covering import Obscuring, covered
from streamblur.geometry import iou, scaled, upright_size
from streamblur.planes import AnalysisPicture
from streamblur.ports import Image
from streamblur.settings import Settings
from streamblur.values import Cover, Decided, Detection, Frame, Written
from streamblur.web.seen import pixels, shares


class Blind:
    """A detector for those who look at nothing."""

    def detect(self, image: Image) -> Sequence[Detection]:
        return ()

    def close(self) -> None:
        """Nothing to give back."""


Shares = tuple[float, ...]
"""Left, top, right and bottom as shares of the picture."""
SAME = 0.5
"""Intersection over union from which on a box that was switched off is that of a face found now."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What somebody changed by hand: boxes of faces switched ``off``, boxes ``added``, as shares of the picture.

    A face is known again by its place: one that is not found there any more cannot uncover another.
    """

    off: tuple[Shares, ...] = ()
    added: tuple[Shares, ...] = ()

    @staticmethod
    def of(said: dict[str, Any] | None) -> Edits:
        """From what the page said, which was checked by the server."""
        said = said or {}
        return Edits(*(tuple(tuple(box) for box in said.get(name, ())) for name in ("off", "added")))

    def __bool__(self) -> bool:
        return bool(self.off or self.added)

    def applied(self, covers: Sequence[Cover], width: int, height: int) -> list[Cover]:
        """The covers that are left, and those added, in a picture of this size."""
        off = [pixels(list(share), width, height) for share in self.off]
        kept = [cover for cover in covers if all(iou(cover.box, box) < SAME for box in off)]
        first = max((cover.track for cover in covers), default=0) + 1
        boxes = (pixels(list(share), width, height) for share in self.added)
        return kept + [Cover(first + n, box, True, 1.0, "hand") for n, box in enumerate(boxes)]


@dataclass(frozen=True, slots=True)
class Look:
    """A picture for the screen (RGB, upright) and the faces on it, in its pixels."""

    image: NDArray[np.uint8]
    covers: tuple[Cover, ...]

    def told(self) -> list[dict[str, Any]]:
        height, width = self.image.shape[:2]
        return [{"id": c.track, "box": shares(c.box, width, height), "score": round(c.score, 3)} for c in self.covers]


def looked(settings: Settings, frame: Frame, longest: int) -> Look:
    """Look for faces on ``frame`` at its full size, and keep it at most ``longest`` pixels long. Uses the frame up."""
    image = AnalysisPicture(longest)(frame.picture, frame.orientation)
    width, height = _upright(frame)
    covers = found(settings, frame)
    x, y = image.shape[1] / width, image.shape[0] / height
    return Look(image, tuple(replace(cover, box=scaled(cover.box, x, y)) for cover in covers))


def found(settings: Settings, frame: Frame) -> Sequence[Cover]:
    """The faces on one frame. Uses it up."""
    from streamblur.trackers._sights import Sights

    with closing(rooms.detector_for(settings)) as detector:
        parts = replace(rooms.parts(settings, detector), tracker=Sights())
        (decided,) = anonymize([frame], parts, iter)
    return decided.covers


def write(image: NDArray[Any], covers: Sequence[Cover], settings: Settings, place: Path, quality: int) -> None:
    """The picture, covered, as a JPEG at ``place``. Raises OutputError when it cannot be written."""
    source = rooms.part("sources", "image").of_array(flat(image))
    how = Written("JPEG", {"quality": quality}, alone=True, modes=["L" if image.ndim == 2 else "RGB"])
    sink = rooms.part("sinks", "image").build(Settings(force=True), replace(source.info, written=how), place)
    with closing(sink):
        for decided in covered((Decided(frame, covers) for frame in source), obscuring(settings)):
            sink.write(decided.frame)


def obscuring(settings: Settings) -> Obscuring:
    """How faces are hidden under these settings."""
    return rooms.parts(settings, Blind()).obscuring


def flat(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Of 8 bit, and white where it is transparent."""
    if image.dtype == np.uint16:
        image = image >> 8
    if image.ndim == 3 and image.shape[2] == 4:
        clear = image[..., 3:].astype(np.float32) / 255
        image = np.rint(image[..., :3] * clear + 255 * (1 - clear))
    return np.ascontiguousarray(image.astype(np.uint8))


def _upright(frame: Frame) -> tuple[int, int]:
    return upright_size(frame.picture.width, frame.picture.height, frame.orientation)
