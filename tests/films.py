"""Scenes as files, and the truth of them as a detector, so that whole runs can be tested without a network."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scenes import RATE, RGB, Oracle, Scene

from streamblur import rooms
from streamblur.settings import Settings
from streamblur.values import Box


def film(place: Path, scene: Scene) -> list[list[Box]]:
    """Write the scene, nearly lossless; where its faces are on each frame."""
    truth = []
    with av.open(place, "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"crf": "8", "preset": "ultrafast"})
        stream.width, stream.height = scene.size
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, RATE)
        for canvas, boxes in scene.pictures():
            truth.append(boxes)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(canvas, format="rgb24")))
        output.mux(stream.encode(None))
    return truth


def told(monkeypatch: pytest.MonkeyPatch, truth: list[list[Box]]) -> Oracle:
    """Make the truth the detector of every run."""
    oracle = Oracle(truth)
    monkeypatch.setattr(rooms, "detector_for", lambda settings: oracle)
    return oracle


def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any run that builds a detector fail."""

    def build(settings: Settings) -> None:
        raise AssertionError("a detector was built")

    monkeypatch.setattr(rooms, "detector_for", build)


def pictures(place: Path) -> list[RGB]:
    """Every frame as RGB."""
    with av.open(place) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]
