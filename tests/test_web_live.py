"""The camera on the page: hiding everything at once, as the child does it."""

from __future__ import annotations

import io
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import Clip, make
from PIL import Image
from runs import Fixed

from streamblur import rooms
from streamblur.settings import Live
from streamblur.web.filming import film


class Talk:
    """The line to the server: what was sent, and what the server says."""

    def __init__(self) -> None:
        self.latest = b""
        self.says: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def send(self, piece: bytes) -> None:
        self.latest = piece

    def heard(self) -> dict[str, Any] | None:
        return self.says.get()

    def flat(self) -> bool:
        """Whether the newest picture is of one colour."""
        return bool(self.latest) and bool(np.asarray(Image.open(io.BytesIO(self.latest)).convert("L")).std() < 4)


def until(done: Callable[[], object], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_panic_hides_all_until_it_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "detector_for", lambda settings: Fixed())
    clip = make(tmp_path / "a.mp4", Clip(times=tuple(range(3000)), size=(160, 96)))
    line: Any = Talk()
    order = {"settings": asdict(Live(realtime=True, style="solid")), "source": str(clip), "device": "0"}
    running = threading.Thread(target=film, args=(line, order))
    running.start()
    try:
        until(lambda: line.latest and not line.flat())
        line.says.put({"panic": True})
        until(line.flat)
        line.says.put({"panic": False})
        until(lambda: not line.flat())
    finally:
        line.says.put(None)  # the server hangs up
        running.join(30)
    assert not running.is_alive()
