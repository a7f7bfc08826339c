"""What strangers send: S5, S6 and S8 of the security plan."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from clips import Clip, make
from pages import REAL, SECRET, Site, Visitor, commanded, files_in, form, photo, running

from streamblur.web import names, server
from streamblur.web.kinds import kind_of
from streamblur.web.limits import Limits

NAMES = [
    "../../etc/x.jpg", "..\\..\\x.jpg", "%2e%2e%2fx.jpg", "a\0b.jpg", "CON", "nul.jpg", "n" * 300 + ".jpg", "-i",
    "-rf.jpg", "x%03d.mp4", "http://evil/x.jpg", "concat:a|b", "\u202egpj.exe", "line\r\nSet-Cookie: a=b",
    "<img src=x onerror=alert(1)>", "\x1b[2J\x1b]0;title\x07.jpg", "...", "", "a/",
    "$(touch x).jpg", "照片 (1).jpg", 'quote".jpg', "e\u0301te\u0301.png",
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    limits = Limits(workers=2, photo=300_000, upload=2_000_000)
    with running(tmp_path_factory.mktemp("site"), limits) as site:
        yield site


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()


@pytest.mark.parametrize("name", NAMES)
def test_s5_a_name_is_never_a_path(
    site: Site, visitor: Visitor, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    answer = visitor.send(photo(), name)
    if answer.status != 201:  # a name that makes the form itself broken
        assert answer.status == 400
        return
    about = answer.json
    job = site.office.job(about["id"], site.office.all()[-1].owner)
    assert job is not None
    assert re.fullmatch(r"photo\.jpg|recording\.\w+", job.input.name)
    assert job.folder.parent == site.root
    visitor.ended(about["id"])
    assert len(about["name"]) <= names.LONGEST
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\<>\"|:*?%$`;&]", about["name"])
    headers = visitor.ask("GET", f"/api/jobs/{about['id']}/result").headers
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[\w.%~-]+", headers["content-disposition"]
    )
    assert "set-cookie" not in headers
    assert not list(site.root.parent.glob("*.jpg"))
    said = caplog.text + "".join(capfd.readouterr())
    assert not re.search(r"[\x1b\u202e]|<img|Set-Cookie|photo\.jpg", said), "neither log nor terminal names it"


def test_s5_a_plain_name_stays() -> None:
    assert names.shown("照片 (1).jpg", "x") == "照片 (1).jpg"
    assert names.shown("C:\\Users\\me\\family.png", "x") == "family.png"
    assert names.blurred("family.old.png", ".png") == "family.old_blurred.png"
    assert names.shown("a" * 200 + ".jpg", "x").endswith("a.jpg")


def spooled(site: Site) -> int:
    return sum(path.stat().st_size for path in files_in(site.root.parent))


def head(site: Site, length: str) -> bytes:
    kind = "multipart/form-data; boundary=e"
    return f"POST /upload HTTP/1.1\r\nHost: {site.host}\r\nContent-Type: {kind}\r\n{length}\r\n\r\n".encode()


@pytest.mark.parametrize("length", ["Content-Length: 99999999999", "Content-Length: 3000000"])
def test_s6_a_length_over_the_limit_is_refused_before_the_body(site: Site, length: str) -> None:
    answer = site.raw(head(site, length))
    assert re.match(rb"HTTP/1\.[01] 413 ", answer)
    assert b"larger than " in answer


@pytest.mark.parametrize(
    "length", ["Content-Length: -5", "Content-Length: 5, 5", "Content-Length: x", "Transfer-Encoding: gzip"]
)
def test_s6_lengths_that_make_no_sense_are_refused(site: Site, length: str) -> None:
    assert re.match(rb"HTTP/1\.1 (400|413|501) ", site.raw(head(site, length)))


def test_s6_a_length_that_is_too_short_is_no_proper_form(site: Site) -> None:
    body, kind = form({}, "image", "a.jpg", photo())
    told = f"Host: {site.host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body) // 2}\r\nConnection: close"
    before = spooled(site)
    answer = site.raw(f"POST /upload HTTP/1.1\r\n{told}\r\n\r\n".encode() + body)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert spooled(site) == before


def test_s6_a_body_without_length_is_stopped_at_the_limit(site: Site) -> None:
    """Chunked, for ever: refused while it streams, and little more than the limit has reached the disk."""
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as line:
        line.sendall(head(site, "Transfer-Encoding: chunked"))
        sent, found = 0, b""
        line.settimeout(0.001)
        while sent < 50_000_000 and not found:
            try:
                line.settimeout(5)
                line.sendall(piece)
                sent += 65536
            except OSError:
                break
            line.settimeout(0.001)
            try:
                found = line.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
    assert sent < 20_000_000
    assert not found or found.startswith(b"HTTP/1.1 413 ")
    assert spooled(site) < 4_500_000


def test_s6_a_photo_has_a_limit_of_its_own(visitor: Visitor) -> None:
    noise = np.random.default_rng(0).bytes(400_000)
    answer = visitor.send(photo() + noise)
    assert (answer.status, answer.code) == (413, "large")
    assert "300 KB" in answer.json["error"]["message"]


def test_s6_the_limits_are_those_of_the_command(tmp_path: Path) -> None:
    clip = make(tmp_path / "party.mp4", Clip()).read_bytes()
    words = ("--max-upload", "60KB", "--max-photo", "2KB")
    with commanded(tmp_path, tmp_path, *words) as (_, site):
        visitor = site.visitor()
        small, large = photo(1), photo(1, (800, 600))
        assert len(small) < 2000 < len(large) < 60_000
        for content, name, said in (
            (large, "a.jpg", "photo is larger than 2 KB"),
            (clip + bytes(60_001), "b.mp4", "larger than 60 KB"),
            (clip + bytes(3_000_000), "c.mp4", "larger than 60 KB"),
        ):
            answer = visitor.send(content, name)
            assert (answer.status, answer.code) == (413, "large"), answer
            assert said in answer.json["error"]["message"]
        for content, name in ((small, "a.jpg"), (clip, "b.mp4")):
            assert visitor.ended(visitor.send(content, name).json["id"], 120)["state"] == "done"


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_s6_an_empty_file_is_refused(site: Site, visitor: Visitor, content: bytes) -> None:
    assert visitor.send(content).status in (400, 415)


def test_s6_many_parts_and_fields_are_refused(visitor: Visitor) -> None:
    fields = {f"f{n}": "x" for n in range(200)}
    for body, kind in (form(fields, "file", "a.jpg", photo()), form({"settings": "x" * 250_000}, "file", "a", photo())):
        assert visitor.ask("POST", "/api/jobs", body, **{"Content-Type": kind}).status in (400, 413)


def test_s6_one_file_at_a_time(site: Site, visitor: Visitor) -> None:
    part = b'--e\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + photo() + b"\r\n"
    answer = visitor.ask(
        "POST", "/api/jobs", part * 2 + b"--e--\r\n", **{"Content-Type": "multipart/form-data; boundary=e"}
    )
    assert (answer.status, answer.code) == (400, "several")


def test_s6_who_dawdles_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that comes letter by letter is given a time in all, however alive the connection looks."""
    monkeypatch.setattr("streamblur.web.doorman.HEADER_TIME", 0.5)
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        started, found = time.monotonic(), b""
        line.settimeout(0.1)
        while not found and time.monotonic() - started < 10:
            try:
                line.sendall(b"X")
                found = line.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                break
    assert not found or b" 408 " in found
    assert time.monotonic() - started < 8


def test_s6_who_dawdles_with_the_file_is_let_go_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamblur.web.doorman.GRACE", 0.5)
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
        line.sendall(head(site, "Content-Length: 100000"))
        assert answered(line, b"x", 20).startswith(b"HTTP/1.1 408 ")


def test_s6_who_says_nothing_more_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = server.settings
    assert usual(Limits())["channel_timeout"] <= 30
    soon = {"channel_timeout": 1, "cleanup_interval": 1}
    monkeypatch.setattr(server, "settings", lambda limits: usual(limits) | soon)
    with running(tmp_path) as site, socket.create_connection(("127.0.0.1", site.port), timeout=30) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        assert line.recv(1000) == b""


def answered(line: socket.socket, piece: bytes, limit: float) -> bytes:
    """What comes back while one piece after the other is sent."""
    deadline = time.monotonic() + limit
    line.settimeout(0.1)
    while time.monotonic() < deadline:
        try:
            line.sendall(piece)
            return line.recv(1000)
        except TimeoutError:
            continue
    raise AssertionError("nothing came back")


def test_s6_huge_headers_are_refused(site: Site) -> None:
    answer = site.raw(b"GET / HTTP/1.1\r\nHost: " + site.host.encode() + b"\r\nX: " + b"a" * 100_000 + b"\r\n\r\n")
    assert not answer or answer.startswith(b"HTTP/1.0 431 ") or answer.startswith(b"HTTP/1.1 431 ")


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:{port}/x.ts\n#EXTINF:9,\nfile://{private}\n",
    "ffconcat": "ffconcat version 1.0\nfile '{private}'\nfile http://127.0.0.1:{port}/x.ts\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash"><BaseURL>http://127.0.0.1:{port}/</BaseURL></MPD>',
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{port}/x.png"/></svg>',
    "html": "<!doctype html><script src='http://127.0.0.1:{port}/x.js'></script>",
    "swf": "FWS\x08aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "lavfi": "testsrc=size=320x240",
    "tty": "plain text that FFmpeg would take for a terminal's art\n" * 20,
    "ass": "[Script Info]\nTitle: x\n[Events]\nDialogue: 0,0:00:00.00,0:00:10.00,Default,,0,0,0,,hi\n",
}


class Listening(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


@pytest.mark.parametrize("disguise", ["", "mp4"])
def test_s8_what_names_other_files_is_refused_and_nothing_is_asked(tmp_path: Path, site: Site, disguise: str) -> None:
    private = make(tmp_path / "private.ts", Clip(container={}))
    server = http.server.HTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    visitor, before = site.visitor(), len(Listening.asked)
    try:
        for kind, text in PLAYLISTS.items():
            content = text.format(port=server.server_port, private=private).encode()
            for each in (content, content.ljust(5000)):
                answer = visitor.send(each, f"film.{disguise or kind}")
                assert (answer.status, answer.code) == (415, "kind"), kind
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert Listening.asked[before:] == []


def test_s8_a_playlist_behind_an_accepted_start_reads_nothing_else(tmp_path: Path) -> None:
    """The start of an .mp4 or a picture, then a playlist: only the child sees it, with the real detector's code."""
    tail = f"\n#EXTM3U\n#EXTINF:9,\nfile://{tmp_path}/private.ts\n".encode()
    (tmp_path / "private.ts").write_text(SECRET, encoding="utf-8")
    (tmp_path / "site").mkdir()
    with running(tmp_path / "site", target=REAL) as site:
        visitor = site.visitor()
        for start in (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", b"OggS", b"RIFF\0\0\0\0AVI ", b"\xff\xd8\xff\xe0"):
            about = visitor.ended(visitor.send(start.ljust(64, b"\0") + tail).json["id"])
            assert about["state"] == "failed"
            assert about["error"]["code"] == "unreadable"
            assert SECRET not in json.dumps(about)


@pytest.mark.parametrize(
    ("pixels", "suffix"), [("yuv420p", "mp4"), ("yuv420p", "mkv"), ("yuv420p", "avi"), ("yuv420p", "ts")]
)
def test_s8_what_is_accepted_is_known_by_its_content(tmp_path: Path, pixels: str, suffix: str) -> None:
    kind = kind_of(make(tmp_path / f"a.{suffix}", Clip("libx264", pixels)).read_bytes()[:4096])
    assert kind is not None
    assert (kind.photo, kind.suffix) == (False, f".{suffix}")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "AVIF"])
def test_s8_photos_are_known_by_their_content(kind: str) -> None:
    found = kind_of(photo(kind=kind)[:4096])
    assert found is not None
    assert found.photo


def test_s8_a_wrong_suffix_and_a_wrong_type_count_nothing(visitor: Visitor) -> None:
    about = visitor.send(photo(), "film.mp4").json
    assert about["kind"] == "photo"
    assert visitor.ended(about["id"])["state"] == "done"
    assert visitor.ask("GET", f"/api/jobs/{about['id']}/result").headers["content-type"] == "image/jpeg"
