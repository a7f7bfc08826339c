"""A page that runs in this process, and those who visit it: a browser, a script, a stranger with a raw socket."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_child import main as fake_main

pytest.importorskip("flask")
pytest.importorskip("waitress")
if True:  # what follows needs both
    from PIL import Image
    from waitress.server import create_server

    from streamblur.web import child, folders, server
    from streamblur.web.access import Access
    from streamblur.web.app import make
    from streamblur.web.doorman import channel
    from streamblur.web.limits import Limits
    from streamblur.web.listening import bound
    from streamblur.web.office import Office
    from streamblur.web.reviews import Reviews
    from streamblur.web.workers import Target

SECRET = "SECRET-CANARY-7391"
TESTS = Path(__file__).parent
# The process that children are forked from looks for fake_child here (before Python 3.12 it does not get our sys.path).
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH")]))


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


@dataclass
class Site:
    """A running page."""

    port: int
    office: Office
    root: Path
    reviews: Reviews | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def raw(self, data: bytes, wait: float = 5) -> bytes:
        """What comes back for these bytes until the other side closes or says nothing."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as line:
            line.sendall(data)
            found = b""
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while part := line.recv(65536):
                    found += part
            return found

    def visitor(self) -> Visitor:
        answer = self.ask("GET", "/")
        cookie = answer.headers["set-cookie"].split(";")[0]
        csrf = self.ask("GET", "/api/session", headers={"Cookie": cookie}).json["csrf"]
        return Visitor(self, {"Cookie": cookie, "X-CSRF-Token": csrf, "Origin": f"http://{self.host}"})


@dataclass
class Visitor:
    """A browser's page, with what it sends along."""

    site: Site
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **more: str) -> Answer:
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        kind = {"Content-Type": "application/json"} if isinstance(body, dict) else {}
        return self.site.ask(method, path, data, {**self.headers, **kind, **more})

    def send(self, content: bytes, name: str = "a.jpg", settings: dict[str, Any] | None = None) -> Answer:
        body, kind = form({"settings": json.dumps(settings or {})}, "file", name, content)
        return self.site.ask("POST", "/api/jobs", body, {**self.headers, "Content-Type": kind})

    def ended(self, job: str, limit: float = 60) -> dict[str, Any]:
        """The job when it has ended."""
        deadline = time.monotonic() + limit
        while (about := self.ask("GET", f"/api/jobs/{job}").json)["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, about
            time.sleep(0.03)
        found: dict[str, Any] = about
        return found


def form(fields: dict[str, str], name: str, file_name: str, content: bytes) -> tuple[bytes, str]:
    """A multipart body and its type."""
    edge = "edge7391"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    quoted = file_name.replace("\\", "\\\\").replace('"', '\\"')
    parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{quoted}"\r\n\r\n')
    return "".join(parts).encode() + content + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def photo(seed: int = 0, size: tuple[int, int] = (96, 64), kind: str = "JPEG") -> bytes:
    """A small picture, another for each seed."""
    colours = np.random.default_rng(seed).integers(0, 255, (2, 3, 3), np.uint8)
    image, file = Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC), io.BytesIO()
    image.save(file, kind, quality=90) if kind == "JPEG" else image.save(file, kind)
    return file.getvalue()


@contextlib.contextmanager
def running(
    parent: Path, limits: Limits | None = None, target: Target = fake_main, token: str = "", warm: str = "fake_child"
) -> Iterator[Site]:
    """A page on a free port, as ``streamblur.web.server`` puts it together, its jobs' folders in ``parent``."""
    limits = limits or Limits(workers=2)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(bound("127.0.0.1", 0))
        port = listening.getsockname()[1]
        root = folders.Root(parent)
        office = Office(limits, root, target, warm)
        stack.callback(office.close)
        access = Access(port, token=token, upload=limits.upload)
        app = make(office, access)
        stack.callback(app.close)
        served: Any = create_server(app, sockets=[listening], **server.settings(limits))
        served.channel_class = channel(access, lambda: server.crowded(office))
        thread = threading.Thread(target=served.run)
        thread.start()
        try:
            yield Site(port, office, root.path, app.config["REVIEWS"])
        finally:
            office.closing.set()
            with contextlib.suppress(OSError):  # it may act on the trigger before the pull is over
                served.trigger.pull_trigger(lambda: served.asyncore.close_all(served._map))
            thread.join()
            served.task_dispatcher.shutdown(timeout=10)


@contextlib.contextmanager
def commanded(temporary: Path, working: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], Site]]:
    """The real command, started with these ``words`` in the folder ``working``."""
    environment = {"TMPDIR": str(temporary), "PYTHONPATH": str(TESTS.parent), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "streamblur", "web", "--no-browser", "--port", "18431", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | environment, text=True, cwd=working)
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found is not None
        site = Site(int(found[1]), None, temporary)  # type: ignore[arg-type]
        until(lambda: _answers(site))
        yield process, site
    finally:
        process.kill()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


def _answers(site: Site) -> bool:
    try:
        return site.ask("GET", "/").status == 200
    except OSError:
        return False


def until(done: Callable[[], object], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def files_in(folder: Path) -> list[Path]:
    """Every file with something in it."""
    return [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and p.stat().st_size]


REAL = child.main
