"""The fence around a job's child: S13 to S15, tried from the inside."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from clips import Clip, make
from pages import REAL, SECRET, TESTS, Site, photo, running

from streamblur.settings import Settings
from streamblur.web import _landlock, _seccomp, child
from streamblur.web.fence import Bounds
from streamblur.web.limits import Limits
from streamblur.web.workers import Worker, context

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the fence is Linux's")
needs_landlock = pytest.mark.skipif(not _landlock.abi(), reason="this kernel has no Landlock")


def connects(where: str) -> None:
    socket.create_connection(("127.0.0.1", int(where)), timeout=1).close()


def reads(where: str) -> None:
    Path(where).read_bytes()


def lists(where: str) -> None:
    os.listdir(where)


def writes(where: str) -> None:
    Path(where, "planted").write_bytes(b"x")


def links(where: str) -> None:
    os.link(where, "mine")
    Path("mine").read_bytes()


def runs_a_program(where: str) -> None:
    os.execv("/bin/true", ["true"])


def forks(where: str) -> None:
    if not (pid := os.fork()):
        os._exit(0)
    os.waitpid(pid, 0)


def kills(where: str) -> None:
    os.kill(int(where), 0)


def fills_the_disk(where: str) -> None:
    with open("big", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))


def fills_the_memory(where: str) -> None:
    try:
        bytearray(8 << 30)
    except MemoryError as error:
        raise OSError("no memory") from error


def opens_many(where: str) -> None:
    for _ in range(1000):
        os.open("/dev/null", os.O_RDONLY)


def shares_memory(where: str) -> None:
    (fd,) = (os.open("/dev/shm/planted", os.O_CREAT | os.O_RDWR, 0o600),)
    os.close(fd)


def udp(where: str) -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)


def unix(where: str) -> None:
    socket.socket(socket.AF_UNIX)


def may_work(where: str) -> None:
    """What a job needs: its folder, threads, its own signals."""
    Path("own").write_bytes(b"x")
    os.replace("own", "owned")
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


TRIES: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        connects, reads, lists, writes, links, runs_a_program, forks, kills, fills_the_disk, fills_the_memory,
        opens_many, shares_memory, udp, unix, may_work,
    )
}  # fmt: skip


def inside(pipe: Connection, order: child.Order) -> None:
    """A child that tries one thing instead of its work."""

    def tried(line: child.Line, order: child.Order) -> None:
        try:
            TRIES[order["input"]](order["output"])
        except OSError as error:
            line.say(done={}, refused=type(error).__name__)
        else:
            line.say(done={}, refused="")

    child._WORK["file"] = tried
    child.main(pipe, order)


def attempt(folder: Path, what: str, where: object = "", lent: Path | None = None) -> str:
    """What a fenced child that was lent a file got when it tried: the name of an error, empty when it succeeded."""
    bounds = asdict(Bounds(4 << 30, 8 << 20, 30))
    order = {"work": "file", "folder": str(folder), "input": what, "output": str(where), "bounds": bounds}
    order["reads"] = [] if lent is None else [str(lent)]
    worker = Worker(context(("fake_child",)), order | {"settings": asdict(Settings())}, time.monotonic() + 30, inside)
    messages = list(worker.messages())
    worker.close()
    assert messages[0] == {"fence": {"limits": True, "network": True, "files": bool(_landlock.abi())}}
    return str(messages[1]["refused"])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_s15_what_a_job_needs_it_may(own: Path) -> None:
    assert attempt(own, "may_work") == ""


def test_s15_no_network(own: Path, listening: int) -> None:
    connects(str(listening))  # from outside the fence
    assert attempt(own, "connects", listening)
    assert attempt(own, "udp")
    assert attempt(own, "unix")


@needs_landlock
def test_s15_no_other_files(own: Path, tmp_path: Path) -> None:
    secret = tmp_path / "private"
    secret.write_text(SECRET, encoding="utf-8")
    for place in (secret, "/etc/passwd", Path.home() / ".bashrc", f"/proc/{os.getpid()}/environ", "/proc/1/cmdline"):
        assert attempt(own, "reads", place), place
    for folder in (tmp_path, "/tmp", "/", Path.home()):
        assert attempt(own, "lists", folder), folder
        assert attempt(own, "writes", folder), folder
    assert attempt(own, "links", secret)
    assert attempt(own, "shares_memory")
    assert not (tmp_path / "planted").exists()


@needs_landlock
def test_s15_a_review_reads_its_recording_and_nothing_beside_it(own: Path, tmp_path: Path) -> None:
    lent, beside = tmp_path / "meeting.mp4", tmp_path / "private"
    for place in (lent, beside):
        place.write_text(SECRET, encoding="utf-8")
    assert attempt(own, "reads", lent, lent) == ""
    assert attempt(own, "reads", beside, lent)
    assert attempt(own, "lists", tmp_path, lent)
    assert attempt(own, "links", lent, lent)
    assert attempt(own, "writes", tmp_path, lent)


def test_s15_no_programs_processes_or_signals(own: Path) -> None:
    for what in ("runs_a_program", "forks"):
        assert attempt(own, what), what
    assert attempt(own, "kills", os.getpid())
    assert attempt(own, "kills", 1)


def test_s15_bounded_disk_memory_and_files(own: Path) -> None:
    for what in ("fills_the_disk", "fills_the_memory", "opens_many"):
        assert attempt(own, what), what
    assert sum(path.stat().st_size for path in own.iterdir()) <= 8 << 20


def spins(pipe: Connection, order: child.Order) -> None:
    """A child that says when the fence is up, and then keeps a core busy for good."""

    def spin(line: child.Line, order: child.Order) -> None:
        while True:
            pass

    child._WORK["file"] = spin
    child.main(pipe, order)


def test_s15_bounded_time_on_the_processor(own: Path) -> None:
    bounds = asdict(Bounds(4 << 30, 8 << 20, 1))
    order = {"work": "file", "folder": str(own), "settings": {}, "bounds": bounds}
    worker = Worker(context(("fake_child",)), order, time.monotonic() + 60, spins)
    assert [set(message) for message in worker.messages()] == [{"fence"}]
    assert worker.close() in (-signal.SIGXCPU, -signal.SIGKILL)
    assert not worker.reason, "the kernel ended it"


def test_s15_the_filter_is_for_this_machine() -> None:
    import platform

    if platform.machine() == "x86_64":
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.syscall(_seccomp._NUMBERS["kill"][0], os.getpid(), 0) == 0
        assert libc.syscall(_seccomp._TGKILL[0], os.getpid(), threading.get_native_id(), 0) == 0


def test_s13_the_real_work_is_done_behind_the_fence(tmp_path: Path, meeting: Path) -> None:
    """Models, decoders and encoders all work without network or other files, as in every job."""
    clip = make(tmp_path / "a.mp4", Clip(times=tuple(range(12)), sound=(("aac", "und"),), sound_start=0)).read_bytes()
    (tmp_path / "site").mkdir()
    with running(tmp_path / "site", Limits(workers=2), REAL) as site:
        visitor = site.visitor()
        still = (meeting.parent / "before_after.jpg").read_bytes()
        sent = [
            visitor.send(still),
            visitor.send(clip),
            visitor.send(photo(kind="PNG")),
            visitor.send(photo(kind="WEBP")),
        ]
        about = [visitor.ended(answer.json["id"]) for answer in sent]
        assert [each["state"] for each in about] == ["done"] * 4, [each.get("error") for each in about]
        assert about[0]["summary"]["tracks"] >= 3


OFFLINE = """
import socket
from streamblur.cli import main

connect, resolve = socket.socket.connect, socket.getaddrinfo

def refuse(*asked):
    if isinstance(asked[0], socket.socket) and asked[0].family == socket.AF_UNIX:
        return connect(*asked)
    if asked[0] == "0.0.0.0":  # an address that waitress has on its mind, of nobody in particular
        return resolve(*asked)
    print("asked for", asked, flush=True)
    raise OSError("no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.gethostbyname = refuse
main(["web", "--no-browser", "--port", "18471"])
"""


def test_s13_the_server_works_where_nothing_can_be_reached_and_asks_for_nothing(tmp_path: Path, meeting: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(TESTS.parent)}
    process = subprocess.Popen([sys.executable, "-c", OFFLINE], stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found is not None
        visitor = Site(int(found[1]), None, tmp_path).visitor()  # type: ignore[arg-type]
        job = visitor.send((meeting.parent / "before_after.jpg").read_bytes()).json["id"]
        assert visitor.ended(job, 120)["summary"]["tracks"] >= 3
        assert visitor.ask("POST", f"/api/jobs/{job}/preview", {"settings": {"style": "solid"}}).status == 200
        assert visitor.ask("GET", f"/api/jobs/{job}/report").status == 200
    finally:
        process.terminate()
        said = process.communicate(timeout=60)[0]
    assert "asked for" not in said


def mutated(data: bytes, seed: int) -> bytes:
    """The file with some bytes changed, some pieces left out or said twice."""
    rng = random.Random(seed)
    found = bytearray(data)
    for _ in range(rng.randint(1, 30)):
        at = rng.randrange(12, len(found))
        kind = rng.random()
        if kind < 0.7:
            found[at] = rng.randrange(256)
        elif kind < 0.85:
            del found[at : at + rng.randrange(1, 200)]
        else:
            found[at:at] = found[at : at + rng.randrange(1, 200)]
        if len(found) < 100:
            return bytes(data)
    return bytes(found)


def test_s14_only_the_child_may_die(tmp_path: Path) -> None:
    """Damaged files; ``STREAMBLUR_FUZZ_SECONDS`` says for how long (a nightly run: 600)."""
    seconds = float(os.environ.get("STREAMBLUR_FUZZ_SECONDS", "3"))
    seeds = [photo(1), photo(2, kind="WEBP"), make(tmp_path / "a.mp4", Clip(times=tuple(range(5)))).read_bytes()]
    (tmp_path / "site").mkdir()
    with running(tmp_path / "site", Limits(workers=2, photo_time=20, time=20)) as site:
        visitor, ends, number = site.visitor(), dict[str, int](), 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or number < 12:
            answer = visitor.send(mutated(seeds[number % 3], number))
            number += 1
            if answer.status == 429:
                time.sleep(0.2)
                continue
            assert answer.status in (201, 413, 415), answer
            if answer.status == 201:
                about: dict[str, Any] = visitor.ended(answer.json["id"])
                how = about.get("error", {"code": "done"})["code"]
                ends[how] = ends.get(how, 0) + 1
                assert how in ("done", "unreadable", "unwritable", "died", "time", "memory"), json.dumps(about)
                visitor.ask("DELETE", f"/api/jobs/{about['id']}")
        assert visitor.ended(visitor.send(seeds[0]).json["id"])["state"] == "done"
        assert sum(ends.values()) >= 5, ends
