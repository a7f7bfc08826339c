"""The default: MediaPipe and YuNet together where YuNet's weights are installed, else MediaPipe alone.

Each look asks YuNet and MediaPipe about the whole picture. YuNet sees all of it sharply on every second look; on the
others MediaPipe sees a third of the tiles, those in which something has changed first, since it sees small faces that
are turned too far for YuNet. The first look sees everything.
A face of the last look that nobody sees now (a tile whose turn it is not, a head that turned) is looked up again
where it was. A new one of which neither is certain is looked at closely: a hand may have 0.5 from both.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from streamblur import models
from streamblur.detectors import mediapipe, yunet
from streamblur.detectors._blazeface import FULL, SHORT
from streamblur.detectors._joining import Sight, joined
from streamblur.detectors._jury import Jury
from streamblur.detectors._scan import Layer, Look, Scan
from streamblur.detectors._second import LIKELY
from streamblur.detectors._turned import flipped, turned
from streamblur.geometry import iou, ious
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

ALONE = "Looking with MediaPipe alone; for fewer misses: streamblur models get yunet"
_SAME = 0.3  # IoU from which a face is one that YuNet saw
_KNOWN = 0.5  # IoU from which two sights are of one face
_PART = 0.15  # IoU with a face from which a sight may be a part of it
_LOWER = 0.7  # share of the confidence asked for from which MediaPipe's sights are put before the jury
_STANDS = 0.6  # score of YuNet from which it needs nobody who agrees
_PLAIN = 0.8  # best score from which a new face that YuNet sees needs no jury; a hand may have less on every look
_UNPROVEN = 0.36  # YuNet's score before it otherwise: 0 of 382 true and 7 of 11 false sights then get less than LIKELY
_BLURRED = 20.0  # pixels below which a close-up says too little: it denied a profile of 19 that YuNet had seen
_THERE = 0.28  # the same of a face of the last look: of 91 memories of what is none, the jury gave none 0.3 to 0.5
_REMEMBERED = 0.01  # score with which a face of the last look is looked up again
_FAINT = 0.3  # score of MediaPipe below which 2 of 636 sights of which YuNet saw nothing were faces ...
_SMALL = 32.0  # ... of these or more pixels
_SHARP = 256.0  # side of the tile in which MediaPipe's full range sees as sharply as YuNet does in the whole at 960


class Both:
    """MediaPipe and YuNet together."""

    def __init__(self, short: mediapipe.Pass, full: Look, strict: Look, settings: Settings, opened: ExitStack) -> None:
        self._scan = Scan(_turns(short, full, strict, settings), settings.min_face)
        self._jury = Jury(short.tilted, strict)
        self._known: list[Detection] = []
        self._opened = opened

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first.

        The score is 0.75 or more for a sure face, 0.5 or more for a likely one.
        """
        sights = [sight for sight in self._scan.sights(image) if _worth_asking(sight)]
        # A memory has next to no weight in where a face is: its last place is only asked about.
        sights += [Sight(replace(face, score=_REMEMBERED, votes=0), max(image.shape)) for face in self._known]
        strict = [sight.detection for sight in sights if sight.detection.source == "yunet"]
        faces = _with_strict(self._scan.reported(joined(sights), image), strict)
        # A memory that YuNet's sight is near is the same face, which has moved on.
        seen = [(face, score) for face, score in faces if score < LIKELY or face.score > _REMEMBERED]
        plain = [score >= LIKELY and self._plain(face) for face, score in seen]
        settled = [_agreed(face, score) for (face, score), sure in zip(seen, plain, strict=True) if sure]
        asked = [one for one, sure in zip(seen, plain, strict=True) if not sure]
        settled = self._judged(image, asked, settled)
        self._known = [face for face in settled if face.score >= LIKELY]
        return sorted(settled, key=lambda face: -face.score)

    def _plain(self, face: Detection) -> bool:
        """Whether no closer look is needed at a face that YuNet sees, or would show more of it."""
        return face.score >= _PLAIN or min(face.box.width, face.box.height) < _BLURRED or self._was_there(face)

    def _was_there(self, face: Detection) -> bool:
        return any(iou(face.box, known.box) >= _KNOWN for known in self._known)

    def _before(self, face: Detection, score: float) -> float:
        """What the jury is told of a face to which YuNet gives ``score``."""
        if score >= LIKELY:
            return _UNPROVEN
        return max(score, _THERE) if self._was_there(face) else score

    def _judged(
        self, image: Image, asked: Sequence[tuple[Detection, float]], settled: Sequence[Detection]
    ) -> list[Detection]:
        """The settled faces, and what the jury makes of those ``asked`` about (each with YuNet's score)."""
        faces = list(settled)
        rated = [(face, self._before(face, score)) for face, score in asked]
        for (face, score), (said, opinion) in zip(asked, self._jury(image, rated), strict=True):
            if score >= LIKELY and said.score >= LIKELY:
                faces.append(_agreed(face, score))
            elif opinion.score and any(_same(face, opinion.box, other) for other in faces):
                continue  # what the close-up shows is a face that is settled: this was a part of it, or where it was
            elif face.score > _REMEMBERED:
                faces.append(said)
            elif said.score >= LIKELY:  # nobody saw it but who looked where it was: that is where it is now
                faces += self._scan.reported([replace(said, box=opinion.box)], image)
        return faces

    def forget(self) -> None:
        """Take the next picture for the first one."""
        self._scan.forget()
        self._known = []

    def close(self) -> None:
        """Gives the models back. May be called again."""
        self._opened.close()


def build(settings: Settings) -> Detector:
    """MediaPipe and YuNet, or MediaPipe alone, which then says so in its ``notes``.

    Raises MissingError when a model file is damaged or, of MediaPipe's, missing.
    """
    if models.place(models.YUNET) is None or settings.model != "both":
        alone = mediapipe.build(settings)
        alone.notes = (ALONE,) if models.place(models.YUNET) is None else ()
        return alone
    strict = yunet.Network(models.data(models.YUNET), settings.confidence)
    with ExitStack() as opened:
        passes = mediapipe.networks(replace(settings, confidence=_LOWER * settings.confidence), opened)
        return Both(passes[SHORT], passes[FULL], strict, settings, opened.pop_all())


def _turns(short: Look, full: Look, strict: Look, settings: Settings) -> list[list[Layer]]:
    """What to look at. The full range sees faces from a twenty-fourth of a tile on, turned as they may be; upside down
    up to a tenth of it, where the short range goes on. A photo is held all four ways before YuNet, and mirrored before
    MediaPipe, instead of being cut into tiles: that finds every face of the measuring photos at full, 0.6 and 0.4 size,
    however the picture is turned. (Fewer ways, or turned smaller than 480, lose faces of 32 pixels on sideways
    pictures; without the mirror image one of 12 is lost; seen sharper than here, upright pictures show no face more.)
    """
    whole = [Layer(short), Layer(full)]
    if settings.alone:
        whole += [Layer(flipped(full)), Layer(_sideways(strict), longest=480, grain=2 * _SHARP)]
        if not settings.thorough:
            return [[*whole, Layer(strict, longest=720, grain=_SHARP, share=0.72)]]
        whole.append(Layer(strict, longest=480, grain=2 * _SHARP))
    if settings.thorough:
        large = [Layer(full, 480, 100), Layer(short, 480, 100), Layer(strict, longest=960, grain=_SHARP)]
        small = [Layer(full, 200, 32, rolls=2), Layer(short, 240, 60, rolls=2), Layer(strict, grain=_SHARP / 2)]
        return [[*whole, *large, *small]]
    small = [Layer(strict, longest=640, grain=1.5 * _SHARP), Layer(full, 288, 40, rolls=3)]
    return [[*whole, Layer(strict, grain=0.75 * _SHARP)], [*whole, *small]]


def _sideways(look: Look) -> Look:
    """The picture held the three other ways, without what needs somebody who agrees: upside down, YuNet takes more
    things for faces."""
    ways = [turned(look, quarters) for quarters in (1, 2, 3)]
    return lambda image: [face for way in ways for face in way(image) if face.score >= _STANDS]


def _worth_asking(sight: Sight) -> bool:
    """Whether a sight is not one of the many of MediaPipe's tiles that nearly always are no face."""
    face = sight.detection
    return face.score >= _FAINT or face.source == "yunet" or min(face.box.width, face.box.height) < _SMALL


def _with_strict(faces: Sequence[Detection], seen: Sequence[Detection]) -> list[tuple[Detection, float]]:
    """Each face with the score that YuNet gives it, 0 if none. Of what it saw (``seen``), one sight speaks for one
    face, that which it fits best: others there are parts of it, or have to be looked at."""
    found = [0.0] * len(faces)
    for sight, fits in zip(seen, ious([s.box for s in seen], [f.box for f in faces]), strict=True):
        if len(faces) and fits.max() >= _SAME:
            best = int(fits.argmax())
            found[best] = max(found[best], sight.score)
    return list(zip(faces, found, strict=True))


def _same(asked: Detection, place: Box, other: Detection) -> bool:
    """Whether the close-up of ``asked`` showed ``other``, at ``place``, of which it was a part or where it was."""
    least = 0.0 if asked.score <= _REMEMBERED else _PART
    return iou(place, other.box) >= _KNOWN and iou(asked.box, other.box) >= least


def _agreed(face: Detection, score: float) -> Detection:
    """A face that YuNet sees: sure if it is certain or others agree."""
    alone = score < _STANDS and face.votes < 2
    return replace(face, score=score if alone else 0.5 + 0.5 * max(score, face.score))
