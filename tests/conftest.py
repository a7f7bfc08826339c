"""What holds for every test: nothing that it started goes on after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av  # noqa: F401 - before OpenCV, after which PyAV cannot open a screen
import pytest

from streamblur.sinks._priority import usual

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fails a test that leaves a thread alive; a second is given to those that are just ending."""
    before = set(threading.enumerate())
    yield
    usual()  # tests open SVT-AV1 themselves, too
    deadline = time.monotonic() + 1
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads left alive: {sorted(thread.name for thread in left)}"


@pytest.fixture
def meeting() -> Path:
    """The sample clip that the repository carries."""
    return ROOT / "sample_media" / "meeting.mp4"
