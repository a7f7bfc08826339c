"""The main job, black box: recordings in, recordings out, and what of their faces can still be seen in them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.leak.meter import measure
from benchmarks.leak.truth import Truth
from streamblur import Progress, Settings, blur
from streamblur.values import Box

MEDIA = Path(__file__).resolve().parents[2] / "shared" / "media"
FAST = "ultrafast"


def told(clip: Path) -> Truth:
    """The faces of the sample, as far as a third of them or more is in the picture."""
    frames = json.loads(clip.with_name("meeting.truth.json").read_text())["frames"]
    return Truth([[Box(*face["box"]) for face in frame if face["visible"] > 0.35] for frame in frames])


def test_no_face_of_the_sample_is_exposed(meeting: Path, tmp_path: Path) -> None:
    truth = told(meeting)
    output = tmp_path / "safe.mp4"
    heard: list[Progress] = []
    summary = blur(meeting, output, Settings(preset=FAST), heard.append)
    assert summary.output == output
    assert summary.frames == len(truth.boxes) == len(heard) == heard[-1].frames
    assert summary.tracks <= 8  # five people, of whom one comes and goes
    found = measure(meeting, output, truth)
    assert found.leak.hits == 0
    assert found.leak.of > 600
    assert found.outside / found.frames < 0.05


@pytest.mark.parametrize("style", ["pixelate", "solid"])
def test_the_other_styles_expose_nobody_either(meeting: Path, tmp_path: Path, style: str) -> None:
    blur(meeting, tmp_path / "safe.mp4", Settings(style=style, shape="ellipse", preset=FAST))
    assert measure(meeting, tmp_path / "safe.mp4", told(meeting)).leak.hits == 0


@pytest.mark.skipif(not MEDIA.exists(), reason="../shared/media is not here")
@pytest.mark.parametrize("name", ["gallery_3x3_1080p.mp4", "gallery_5x5_1080p.mp4"])
def test_meeting_galleries_leak_at_most_three_in_a_thousand(name: str, tmp_path: Path) -> None:
    frames = json.loads((MEDIA / "videos.json").read_text())[name]["frames"]
    boxes = [[Box(x, y, x + w, y + h) for x, y, w, h in frames[str(n)]] for n in range(len(frames))]
    blur(MEDIA / "videos" / name, tmp_path / name, Settings(detector="mediapipe", preset=FAST))
    found = measure(MEDIA / "videos" / name, tmp_path / name, Truth(boxes))
    assert found.leak.of > 2000
    assert found.leak.hits <= 0.003 * found.leak.of
    assert found.longest <= 2
