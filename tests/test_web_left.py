"""What is left of what was sent and made (S11): nothing, however a job ends and however the page ends.

Looked for in the folder of temporary files, in the one that the page was started in, and in the memory that all
programs share.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pages import Site, Visitor, commanded, files_in, form, photo, until

from streamblur.web import folders
from streamblur.web.kinds import HEAD, kind_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /dev/shm")
SHARED = Path("/dev/shm")
STILL, DAMAGED = photo(11, (1600, 1200), "PNG"), b"\0\0\0\x18ftypisom" + photo(12)
LARGE = STILL + np.random.default_rng(0).bytes(3_000_000)
"""More than is kept in memory while it arrives."""


def shared() -> set[Path]:
    return {path for path in SHARED.rglob("*") if path.is_file()} if SHARED.is_dir() else set()


@dataclass(frozen=True)
class Places:
    """The two folders are this test's alone; ``others`` is what was in shared memory before."""

    temporary: Path
    working: Path
    others: frozenset[Path]
    sent: tuple[bytes, ...]

    def left(self) -> list[Path]:
        """Whatever the two folders hold, and media among what is new in shared memory."""
        own = [*files_in(self.temporary), *files_in(self.working)]
        return own + [path for path in shared() - self.others if self._is_media(path)]

    def left_in_folders_of_jobs(self) -> bool:
        """Whether something is left, and all of it where jobs lie."""
        tops = {path.relative_to(self.temporary).parts[0] for path in self.left()}
        return bool(tops) and all(top.startswith(folders.PREFIX) for top in tops)

    def _is_media(self, path: Path) -> bool:
        try:
            content = path.read_bytes()
        except OSError:  # somebody else's, or gone again
            return False
        return kind_of(content[:HEAD]) is not None or any(piece in content for piece in pieces(self.sent))


def pieces(sent: tuple[bytes, ...]) -> Iterator[bytes]:
    """From all over each file, so that any larger part of it holds one."""
    for content in sent:
        step = max(1, len(content) // 50)
        yield from (piece for at in range(0, len(content), step) if len(set(piece := content[at : at + 48])) > 20)


@pytest.fixture
def places(tmp_path: Path, meeting: Path) -> Places:
    found = Places(tmp_path / "tmp", tmp_path / "here", frozenset(shared()), (STILL, meeting.read_bytes(), LARGE))
    for folder in (found.temporary, found.working):
        folder.mkdir()
    return found


@contextmanager
def started(places: Places) -> Iterator[tuple[subprocess.Popen[str], Site]]:
    with commanded(places.temporary, places.working) as page:
        yield page


def under_way(visitor: Visitor, clip: bytes) -> str:
    """A recording that is being blurred."""
    job = str(visitor.send(clip, "a.mp4", {"preset": "veryslow", "every": 1}).json["id"])
    until(lambda: visitor.ask("GET", f"/api/jobs/{job}").json["state"] == "running")
    return job


def broken_off(site: Site, visitor: Visitor, content: bytes) -> None:
    """Hang up in the middle of a file."""
    body, kind = form({}, "file", "a.png", content)
    told = {"Host": site.host, "Content-Type": kind, "Content-Length": str(len(body)), **visitor.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as line:
        line.sendall(f"POST /api/jobs HTTP/1.1\r\n{head}\r\n".encode() + body[: len(body) // 2])


def end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    """End it, and with it all its children; the exit code."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    code = process.wait(60)
    until(lambda: not any(each.is_running() for each in children))
    return code


def test_s11_nothing_is_left_of_success_failure_cancelling_and_the_end(places: Places) -> None:
    with started(places) as (process, site):
        visitor = site.visitor()

        job = visitor.send(STILL, "a.png").json["id"]
        assert visitor.ended(job, 120)["state"] == "done"
        assert places.left_in_folders_of_jobs()
        visitor.ask("DELETE", f"/api/jobs/{job}")
        until(lambda: places.left() == [])

        body, kind = form({}, "image", "a.png", STILL)
        assert site.ask("POST", "/upload", body, {"Content-Type": kind}).status == 200
        until(lambda: places.left() == [])

        assert visitor.ended(visitor.send(DAMAGED).json["id"], 120)["state"] == "failed"
        until(lambda: places.left() == [])

        job = under_way(visitor, places.sent[1])
        assert places.left()
        visitor.ask("DELETE", f"/api/jobs/{job}")
        until(lambda: places.left() == [])

        broken_off(site, visitor, LARGE)
        until(lambda: places.left() == [])

        under_way(visitor, places.sent[1])
        assert places.left()
        assert end(process, signal.SIGTERM) in (0, 143)
        assert places.left() == []
        assert list(places.working.iterdir()) == []


def test_s11_after_a_kill_the_next_start_leaves_nothing(places: Places) -> None:
    with started(places) as (process, site):
        under_way(site.visitor(), places.sent[1])
        end(process, signal.SIGKILL)
        assert places.left_in_folders_of_jobs()  # this is what the next start is for
    with started(places) as (process, site):
        assert places.left() == []
        assert end(process, signal.SIGTERM) in (0, 143)
        assert places.left() == []


def test_s11_the_search_itself_finds_media(places: Places) -> None:
    """In shared memory a result, and a piece of what was sent, under any name; not what was there, or is no media."""
    if not os.access(SHARED, os.W_OK):
        pytest.skip("no shared memory to write to")
    cases: dict[str, tuple[bytes, Any]] = {
        "a": (photo(3), True), "b": (b"x" * 9 + places.sent[1][70_000:140_000], True), "c": (bytes(5000), False),
    }  # fmt: skip
    for name, (content, found) in cases.items():
        place = SHARED / f"streamblur-test-{os.getpid()}-{name}"
        place.write_bytes(content)
        try:
            assert (place in places.left()) is found, name
        finally:
            place.unlink()
