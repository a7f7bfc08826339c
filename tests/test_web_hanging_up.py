"""Who hangs up frees the processor within two seconds (S10): an upload, a preview, the camera; and all that a child
started ends with it."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

import psutil
import pytest
from pages import Site, Visitor, form, photo, running

from streamblur.web import child, fence
from streamblur.web.limits import Limits
from streamblur.web.workers import Worker, context

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at forked children")
LIMIT = 2.0
"""Seconds from hanging up to the end of the child."""
TRIES = 3
"""A machine that is busy with other things may hold us up once or twice."""
Line = socket.socket


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=1)) as site:
        visitor = site.visitor()
        visitor.ended(visitor.send(photo()).json["id"])  # the process that children are forked from is there now
        yield site


def until(done: Callable[[], Any], limit: float = 60) -> Any:
    """What it gives as soon as that is true."""
    deadline = time.monotonic() + limit
    while not (found := done()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return found


def children() -> dict[int, psutil.Process]:
    return {each.pid: each for each in psutil.Process().children(recursive=True)}


def at_work(before: dict[int, psutil.Process]) -> psutil.Process:
    """The child that was not there before, as soon as it keeps a core busy."""
    process: psutil.Process = until(lambda: [each for pid, each in children().items() if pid not in before])[0]
    spent = sum(process.cpu_times()[:2])
    until(lambda: sum(process.cpu_times()[:2]) > spent + 0.2)
    return process


def ended(process: psutil.Process) -> bool:
    """Whether it is no more, or only remembered by its parent."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def asked(site: Site, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Line:
    """A request that waits for its answer."""
    told = {"Host": site.host, "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    line = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    line.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    return line


def upload(site: Site) -> Line:
    body, kind = form({"settings": json.dumps({"codec": "test-spin"})}, "image", "a.png", photo(kind="PNG"))
    return asked(site, "POST", "/upload", body, {"Content-Type": kind})


def dawdling(site: Site) -> tuple[Visitor, str]:
    """A photo whose first preview never comes."""
    visitor = site.visitor()
    job = str(visitor.send(photo(), settings={"codec": "test-dawdle"}).json["id"])
    assert visitor.ended(job)["state"] == "done"
    return visitor, job


def preview(site: Site) -> Line:
    visitor, job = dawdling(site)
    return asked_preview(visitor, job)


def asked_preview(visitor: Visitor, job: str) -> Line:
    kind = {"Content-Type": "application/json"}
    return asked(visitor.site, "POST", f"/api/jobs/{job}/preview", b"{}", {**visitor.headers, **kind})


def camera(site: Site, how: str = "test-film") -> Line:
    visitor = site.visitor()
    answer = visitor.ask("POST", "/api/live", {"settings": {"codec": how}})
    assert answer.status == 201, answer
    line = asked(site, "GET", f"/api/live/{answer.json['id']}", headers=visitor.headers)
    while b"image/jpeg" not in line.recv(65536):
        assert line
    return line


def camera_that_stands_still(site: Site) -> Line:
    return camera(site, "test-still")


def seconds_until_ended(site: Site, begin: Callable[[Site], Line]) -> float:
    """From hanging up to the end of the child that works for it."""
    before = children()
    with begin(site):
        process = at_work(before)
    began = time.monotonic()
    until(lambda: ended(process))
    return time.monotonic() - began


@pytest.mark.parametrize("begin", [upload, preview, camera, camera_that_stands_still])
def test_s10_who_hangs_up_frees_the_processor(site: Site, begin: Callable[[Site], Line]) -> None:
    kept = {each.id for each in site.office.all()}
    took: list[float] = []
    while not took or took[-1] >= LIMIT:
        assert len(took) < TRIES, took
        took.append(seconds_until_ended(site, begin))
    made = [each for each in site.office.all() if each.id not in kept]
    assert begin is preview or made == [], "the file went with the one who sent it"


def test_s10_a_camera_is_given_back_when_nobody_waits_for_it(site: Site) -> None:
    """Hung up before there is a picture."""
    visitor, before = site.visitor(), children()
    body = json.dumps({"settings": {"codec": "test-spin"}}).encode()
    kind = {"Content-Type": "application/json"}
    with asked(site, "POST", "/api/live", body, {**visitor.headers, **kind}):
        process = at_work(before)
    until(lambda: ended(process), 10)


def test_s9_a_camera_is_for_the_one_who_opened_it(site: Site) -> None:
    before, visitor, stranger = children(), site.visitor(), site.visitor()
    name = visitor.ask("POST", "/api/live", {"settings": {"codec": "test-film"}}).json["id"]
    assert len(name) >= 32
    for method, path in (("GET", ""), ("POST", "/panic"), ("DELETE", "")):
        assert stranger.ask(method, f"/api/live/{name}{path}", {} if method == "POST" else None).status == 404
    answer = stranger.ask("POST", "/api/live", {})
    assert (answer.status, answer.code) == (409, "camera")
    process = at_work(before)
    assert visitor.ask("DELETE", f"/api/live/{name}").status == 204
    until(lambda: ended(process), 10)


def test_a_preview_outlives_another_one_that_was_given_up(site: Site) -> None:
    """Two windows of one browser: who stays gets an answer, from another child."""
    visitor, job = dawdling(site)
    before = children()
    with ThreadPoolExecutor(1) as other:
        with asked_preview(visitor, job):
            at_work(before)
            stays = other.submit(visitor.ask, "POST", f"/api/jobs/{job}/preview", {})
        assert stays.result().status == 200


def test_a_job_goes_on_when_its_page_is_closed(site: Site) -> None:
    visitor, before = site.visitor(), children()
    job = visitor.send(photo(), settings={"codec": "test-spin"}).json["id"]
    with asked(site, "GET", "/api/events", headers=visitor.headers) as line:
        assert line.recv(1000)
        process = at_work(before)
    spent = sum(process.cpu_times()[:2])
    until(lambda: sum(process.cpu_times()[:2]) > spent + 1)
    assert visitor.ask("GET", f"/api/jobs/{job}").json["state"] == "running"
    assert visitor.ask("DELETE", f"/api/jobs/{job}").status == 204


def family(pipe: Connection, order: child.Order) -> None:
    """A child outside the fence, where it may start another; both keep a core busy."""
    fence.alone()
    other = os.fork()
    if other:
        pipe.send_bytes(json.dumps({"other": other}).encode())
    while True:
        pass


def test_s10_a_child_ends_with_all_that_it_started() -> None:
    worker = Worker(context(("fake_child",)), {}, time.monotonic() + 60, family)
    said = worker.heard()
    assert said is not None
    both = [psutil.Process(worker.pid), psutil.Process(said["other"])]
    assert not any(map(ended, both))
    worker.kill()
    for each in both:
        until(lambda each=each: ended(each), 10)  # type: ignore[misc]
    worker.close()
