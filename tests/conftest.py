"""What holds for every test: nothing that it started goes on after it, and signals mean what they do on a terminal."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av  # noqa: F401 - before OpenCV, after which PyAV cannot open a screen
import pytest

from streamblur.sinks._threads import usual

collect_ignore = (
    ["test_cli_process.py", "test_fidelity_limits.py", "test_fidelity_long.py", "test_web_bombs.py"]
    if sys.platform == "win32"  # it has no pseudo-terminals, and does not tell in the same way what a process takes
    else []
)

for name, usually in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    # nohup, and a shell's &, have us ignore them, and whatever we start
    if getattr(signal, name, None) and signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, name), usually)

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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for all tests of a module."""
    browsing = importlib.import_module("browsing")
    with browsing.launched() as browser:
        yield browser


@pytest.fixture
def visit(site: Any, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages of the module's ``site``."""
    browsing = importlib.import_module("browsing")
    with browsing.visits(chromium, site.host) as open_page:
        yield open_page
