"""MediaPipe's two BlazeFace models, run by its Tasks FaceDetector.

The full-range model (192 px input) looks at the whole picture and at tiles; the short-range model (128 px
input, faces that nearly fill the picture) at the whole, and at close-ups of what the other is not sure of.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from streamblur.detectors._blazeface import FULL, SHORT, Model, face_box, upright
from streamblur.detectors._later import imported_later
from streamblur.detectors._scan import Layer, Look, Scan
from streamblur.detectors._second import doubted
from streamblur.errors import MissingError
from streamblur.ports import Image
from streamblur.settings import Settings
from streamblur.values import Detection

_WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
_LOGGING = threading.Lock()
_TASKS = "mediapipe.tasks.python"
_UNUSED = (
    *("matplotlib", "matplotlib.pyplot", "sounddevice"),  # 0.4 of the 0.5 s that MediaPipe's import takes
    *(f"{_TASKS}.{kind}" for kind in ("audio", "text", "decision", "retrieval")),
)


class _Task(Protocol):
    """What is used of mediapipe.tasks.python.vision.FaceDetector."""

    def detect(self, image: Any) -> Any: ...
    def close(self) -> None: ...


class Pass:
    """One model, ready to look at pictures."""

    def __init__(self, model: Model, confidence: float) -> None:
        self._model = model
        self._task = _task(_WEIGHTS / model.file, confidence)
        with _quiet():
            for _ in range(4):  # some of its log lines come with the first pictures
                self(np.zeros((64, 64, 3), np.uint8))

    def __call__(self, image: Image) -> list[Detection]:
        return [face for face, _ in self.tilted(image)]

    def tilted(self, image: Image) -> list[tuple[Detection, complex]]:
        """Faces, each with the direction in which the head's own right hand side lies."""
        import mediapipe

        height, width = image.shape[:2]
        found = self._task.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image))
        return [_face(self._model, d, width, height) for d in found.detections]

    def close(self) -> None:
        with _quiet():
            self._task.close()


class MediaPipe:
    """The detector that ``build`` makes; ``notes`` is what the user should know of it."""

    notes: tuple[str, ...] = ()

    def __init__(self, short: Pass | None, full: Pass | None, settings: Settings, opened: ExitStack) -> None:
        self._scan = Scan(_turns(short, full, settings.thorough or settings.alone), settings.min_face)
        self._thorough = settings.thorough or settings.alone
        self._second = short if full is not None else None
        self._opened = opened

    def detect(self, image: Image) -> Sequence[Detection]:
        """Faces on an RGB picture of shape (height, width, 3), best first.

        With both models the score is 0.75 or more for a sure face, else the second opinion: 0.5 or more for
        a likely one, near 0 for what is probably none.
        """
        faces = self._scan(image)
        return faces if self._second is None else doubted(image, faces, self._second.tilted, self._thorough)

    def forget(self) -> None:
        """Take the next picture for the first one."""
        self._scan.forget()

    def close(self) -> None:
        """Gives the models back. May be called again."""
        self._opened.close()


def build(settings: Settings) -> MediaPipe:
    """A detector for ``settings.model`` (short, full, both).

    Raises MissingError when a model file is not there.
    """
    with ExitStack() as opened:
        passes = networks(settings, opened)
        return MediaPipe(passes.get(SHORT), passes.get(FULL), settings, opened.pop_all())


def networks(settings: Settings, opened: ExitStack) -> dict[Model, Pass]:
    """The networks of ``settings.model``, closed with ``opened``."""
    passes: dict[Model, Pass] = {}
    for model in _models(settings.model):
        passes[model] = Pass(model, settings.confidence)
        opened.callback(passes[model].close)
    return passes


def _models(name: str) -> tuple[Model, ...]:
    return {"short": (SHORT,), "full": (FULL,)}.get(name, (SHORT, FULL))


def _turns(short: Look | None, full: Look | None, thorough: bool) -> list[list[Layer]]:
    """What to look at, look by look.

    Tiles of 360 px of a 1280 x 720 picture (15) find 99.8 % of the faces of the meeting galleries, of 400 px (8)
    97.1 %, of 440 px 93 %; in turn, 360 and 400 px miss none twice running and cost a quarter less than 360 alone.
    """
    whole = [Layer(look) for look in (short, full) if look is not None]
    if full is None:
        return [[*whole, *([Layer(short, 240, 50)] if short is not None else [])]]
    # On every look, tiles of 240 px would find 4 of 1000 faces more, and three times as many false boxes.
    small = [Layer(full, 200, 32, rolls=2)] if thorough else []
    return [[*whole, Layer(full, 360, 88), *small], [*whole, Layer(full, 400, 80), *small]]


def _face(model: Model, found: Any, width: int, height: int) -> tuple[Detection, complex]:
    square = found.bounding_box
    points = [complex(p.x * width, p.y * height) for p in found.keypoints]
    box = face_box(model, complex(square.origin_x, square.origin_y), max(1.0, float(square.width)), points)
    return Detection(box, float(found.categories[0].score), "mediapipe"), upright(points)


def _task(path: Path, confidence: float) -> _Task:
    if not path.is_file():
        raise MissingError(
            f"The face model {path.name} is not in {path.parent}: install streamblur again with "
            "'python3 -m pip install --force-reinstall streamblur', which puts it there."
        )
    with imported_later(*_UNUSED):
        from mediapipe.tasks.python.core.base_options import BaseOptions
        from mediapipe.tasks.python.vision.face_detector import FaceDetector, FaceDetectorOptions

    class Offline(BaseOptions):  # type: ignore[misc]
        """Options without certificates: see ``_offline``."""

        def to_ctypes(self) -> Any:
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    _offline()
    options = FaceDetectorOptions(base_options=Offline(model_asset_path=str(path)), min_detection_confidence=confidence)
    with _quiet():
        task: _Task = FaceDetector.create_from_options(options)
    return task


def _offline() -> None:
    """Keeps MediaPipe from reporting its use to Google.

    MediaPipe 1.x posts usage records to play.googleapis.com when a task is made (seen with strace on 1.2.2;
    google-ai-edge/mediapipe issue 6291) and offers no switch. Its libcurl follows the variable ``https_proxy``:
    a proxy nobody runs leaves it without even a name lookup. putenv, not os.environ: Python's own clients
    do not see it. Without certificates (``Offline``) nothing could be sent either.
    """
    os.putenv("https_proxy", "http://127.0.0.1:9")


@contextmanager
def _quiet() -> Iterator[None]:
    """Sends file descriptor 2 nowhere: MediaPipe's C++ writes notes there that no variable turns off (1.2.2).

    Only around making, warming and closing a task, so that nobody else's lines are lost for long.
    """
    with _LOGGING, ExitStack() as undo:
        try:
            kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        except OSError:  # no standard error at all
            yield
            return
        undo.callback(os.close, kept)
        undo.callback(os.close, nowhere)
        os.dup2(nowhere, 2)
        undo.callback(os.dup2, kept, 2)
        yield
