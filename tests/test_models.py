"""Models: the list, downloads that break off, stay away or are wrong; and that nothing else ever uses the network."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streamblur import download, models
from streamblur.cli import main
from streamblur.errors import MissingError, SettingsError
from streamblur.models import Weights

CONTENT = bytes(range(256)) * 400
NOWHERE = "http://127.0.0.1:1"


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT; ``cut`` bytes at a time when it is given, without Range when ``whole``."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []
        self.content, self.cut, self.whole, self.status = CONTENT, 1 << 30, False, 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/model.onnx"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        first = int(re.findall(r"\d+", asked)[0]) if asked and not self.server.whole else 0
        content = self.server.content[first:]
        self.send_response(206 if first else self.server.status)
        self.send_header("Content-Length", str(len(content)))
        if first:
            self.send_header(
                "Content-Range", f"bytes {first}-{len(self.server.content) - 1}/{len(self.server.content)}"
            )
        self.end_headers()
        self.wfile.write(content[: self.server.cut])

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def wanted(url: str) -> Weights:
    return Weights(
        "test", "", "model.onnx", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "MIT", "get it", url=url
    )


def test_a_download_is_whole_and_reported(server: Server, tmp_path: Path) -> None:
    seen: list[int] = []
    path = download.get(wanted(server.url), tmp_path / "new", seen.append)
    assert path == tmp_path / "new" / "model.onnx"
    assert path.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert [p.name for p in path.parent.iterdir()] == ["model.onnx"]


def test_a_cut_connection_is_resumed(server: Server, tmp_path: Path) -> None:
    server.cut = 30_000
    assert download.get(wanted(server.url), tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=30000-", "bytes=60000-", "bytes=90000-"]


def test_a_download_goes_on_where_the_last_one_stopped(server: Server, tmp_path: Path) -> None:
    server.cut = 10_000
    with pytest.raises(MissingError, match=r"model\.onnx cannot be downloaded"):
        download.get(wanted(server.url), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx.part"]
    server.asked, server.cut = [], 1 << 30
    assert download.get(wanted(server.url), tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=50000-"]


def test_a_server_that_cannot_resume_starts_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "model.onnx.part").write_bytes(CONTENT[:1000])
    server.whole = True
    assert download.get(wanted(server.url), tmp_path).read_bytes() == CONTENT


def test_a_wrong_beginning_is_forgotten(server: Server, tmp_path: Path) -> None:
    (tmp_path / "model.onnx.part").write_bytes(b"x" * 1000)
    assert download.get(wanted(server.url), tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-", None]


@pytest.mark.parametrize("wrong", [b"x" * len(CONTENT), CONTENT + b"more", b"<html>sign in</html>"])
def test_what_is_wrong_is_refused(server: Server, tmp_path: Path, wrong: bytes) -> None:
    server.content = wrong
    with pytest.raises(MissingError, match=rf"model\.onnx.*{server.url} .*sha256 [0-9a-f]{{64}}"):
        download.get(wanted(server.url), tmp_path)
    assert not (tmp_path / "model.onnx").exists()


def test_a_refusal_is_not_retried(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(MissingError, match="404"):
        download.get(wanted(server.url), tmp_path)
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_it_goes_through_a_proxy(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/model.onnx"))
    assert download.get(wanted("http://models.invalid/model.onnx"), tmp_path).read_bytes() == CONTENT


def test_the_package_keeps_no_proxy_from_downloads() -> None:
    """MediaPipe's reports are silenced by an environment that Python's own clients do not see."""
    program = (
        "import urllib.request\nfrom streamblur.detectors import mediapipe\nfrom streamblur.settings import Settings\n"
        "mediapipe.build(Settings()).close()\nprint(urllib.request.getproxies().get('https'))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "None\n")


def test_without_a_network_it_says_how_to_get_it_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.KNOWN, "yunet", replace(models.YUNET, url=f"{NOWHERE}/{models.YUNET.file}"))
    result = command(tmp_path, monkeypatch, "get", "yunet")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    for part in (models.YUNET.file, NOWHERE, models.YUNET.sha256, str(tmp_path / "streamblur")):
        assert part in result.stderr


def command(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr(models, "cache_folder", lambda: folder / "streamblur")
    monkeypatch.setattr("streamblur.cli.models.cache_folder", lambda: folder / "streamblur")
    monkeypatch.delenv("STREAMBLUR_MODELS", raising=False)
    return CliRunner().invoke(main, ["models", *arguments])


def test_a_file_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "from a friend"
    given.write_bytes(CONTENT)
    known = replace(models.YUNET, size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())
    assert command(tmp_path, monkeypatch, "get", "yunet", "--from", str(given)).exit_code == 1
    assert not list((tmp_path / "streamblur").iterdir())
    assert command(tmp_path, monkeypatch, "get", "yunet", "--from", str(tmp_path / "no")).exit_code == 1
    monkeypatch.setitem(models.KNOWN, "yunet", known)
    assert command(tmp_path, monkeypatch, "get", "yunet", "--from", str(given)).exit_code == 0
    assert models.data(known) == CONTENT


def test_the_list_tells_name_place_size_hash_and_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = command(tmp_path, monkeypatch).stdout
    assert "yunet: " in told
    assert "face_detection_yunet_2023mar.onnx, 232,589 bytes, sha256 8f2383e4dd3c, MIT" in told
    assert "not installed: get it with 'streamblur models get yunet'" in told
    for weights in models.PACKAGED:
        path = models.place(weights)
        assert path is not None
        assert (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) == (weights.size, weights.sha256)
        assert str(path) in told


def test_unknown_names_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(tmp_path, monkeypatch, "get", "nobody").exit_code == 2
    with pytest.raises(SettingsError, match="yunet, centerface"):
        models.known("nobody")


def test_a_missing_or_damaged_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("STREAMBLUR_MODELS", str(tmp_path))
    with pytest.raises(MissingError, match=f"{models.YUNET.file} .*{models.YUNET.sha256}.* models get yunet"):
        models.data(models.YUNET)
    (tmp_path / models.YUNET.file).write_bytes(b"something else")
    with pytest.raises(MissingError, match="is not the face model"):
        models.data(models.YUNET)


BLUR = ["blur", "meeting.mp4", "-o", "out.mp4", "--every", "60", "--preset", "ultrafast"]
DENIED = """
import socket, sys
def refuse(*_): raise AssertionError("the network was used")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from streamblur.cli import main
main(sys.argv[1:])
"""


def test_a_run_opens_no_socket(tmp_path: Path, meeting: Path) -> None:
    shutil.copy(meeting, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", DENIED, *BLUR], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_run_connects_to_nothing(tmp_path: Path, meeting: Path) -> None:
    """Not even the libraries underneath do, but for MediaPipe's to a proxy that nobody runs (see its detector)."""
    shutil.copy(meeting, tmp_path)
    trace = tmp_path / "trace"
    traced = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-e", "signal=none", "-o", str(trace)]
    done = subprocess.run(
        [*traced, sys.executable, "-m", "streamblur", *BLUR], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    if "ptrace" in done.stderr and not (tmp_path / "out.mp4").exists():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    calls = [line for line in trace.read_text().splitlines() if "AF_INET" in line]
    allowed = 'sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")'
    assert [line for line in calls if allowed not in line] == []
