"""Who may ask: S1 to S4 of the security plan, over a real socket."""

from __future__ import annotations

import queue
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pages import Site, Visitor, form, photo, running

from streamblur.cli import main
from streamblur.errors import SettingsError
from streamblur.web import pages as served
from streamblur.web import server
from streamblur.web.fence import Holds
from streamblur.web.guard import POLICY, REPORT_POLICY
from streamblur.web.listening import bound
from streamblur.web.server import Wanted, checked


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()


def test_s1_it_listens_on_this_machine_only() -> None:
    assert Wanted().host == "127.0.0.1"
    with bound(Wanted().host, 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_s1_a_port_that_is_taken_is_passed_over() -> None:
    with bound("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bound("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 20


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_s1_elsewhere_it_demands_a_token_and_says_why(host: str) -> None:
    result = CliRunner().invoke(main, ["web", "--host", host, "--no-browser"])
    assert result.exit_code == 2
    assert "others on the network" in result.stderr
    assert "--token" in result.stderr
    with pytest.raises(SettingsError):
        checked(Wanted(host=host, token="short"))
    checked(Wanted(host=host, token="long-enough-for-this"))


def told(wanted: Wanted, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What it says when it begins."""
    lines: list[str] = []
    monkeypatch.setattr(server, "held", lambda office: Holds(True, False, True))
    office: Any = None
    server.announce(wanted, 8080, office, lines.append, "")
    return lines


def test_s1_it_says_where_it_is_and_warns_when_others_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = told(Wanted(browser=False), monkeypatch)
    assert alone[0].startswith("The page is at http://127.0.0.1:8080/")
    assert not any("Warning" in line for line in alone)
    assert alone[-1].endswith("to no network.")
    reached = told(Wanted(host="0.0.0.0", browser=False), monkeypatch)
    assert any(line.startswith("Warning: others on the network can reach it") for line in reached)


def test_it_opens_in_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr("webbrowser.open", opened.put)
    told(Wanted(), monkeypatch)
    assert opened.get(timeout=30) == "http://127.0.0.1:8080/"


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "waitress.server", None)
    result = CliRunner().invoke(main, ["web", "--no-browser"])
    assert result.exit_code == 1
    assert "pip install 'streamblur[web]'" in result.stderr


def test_s1_with_a_token_nobody_gets_in_without(tmp_path: Path) -> None:
    token = "a-token-of-good-length"
    with running(tmp_path, token=token) as site:
        assert b"login.js" in site.ask("GET", "/").body
        assert site.ask("GET", "/api/session").status == 401
        body, kind = form({}, "image", "a.jpg", photo())
        assert site.ask("POST", "/upload", body, {"Content-Type": kind}).status == 401
        good = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
        assert site.ask("POST", "/upload", body, good).headers["content-type"] == "image/jpeg"
        say = {"Content-Type": "application/json", "Origin": f"http://{site.host}"}
        assert site.ask("POST", "/login", b'{"token": "wrong"}', say).status == 403
        answer = site.ask("POST", "/login", f'{{"token": "{token}"}}'.encode(), say)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert site.ask("GET", "/api/session", headers={"Cookie": cookie.split(";")[0]}).status == 200
        tries = [site.ask("POST", "/login", b'{"token": "wrong"}', say).status for _ in range(6)]
        assert 429 in tries


@pytest.mark.parametrize(
    "host",
    ["evil:{port}", "127.0.0.1", "localhost.:{port}", "127.0.0.1:1", "127.0.0.1:{port}, evil", "LOCALHOST:{port}", ""],
)
def test_s2_another_host_is_refused(site: Site, host: str) -> None:
    answer = site.ask("GET", "/", headers={"Host": host.format(port=site.port)})
    assert (answer.status, answer.code) == (421, "host")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_s2_its_own_names_are_answered(site: Site, name: str) -> None:
    assert site.ask("GET", "/", headers={"Host": f"{name}:{site.port}"}).status == 200


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: %s\r\nHost: evil\r\n\r\n",
        b"GET http://evil/ HTTP/1.1\r\nHost: %s\r\n\r\n",
        b"GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n",
        b"GET //evil/ HTTP/1.1\r\nHost: %s\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: %s\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: %s\r\n\r\n",
    ],
)
def test_s2_no_host_two_hosts_and_other_forms_are_refused(site: Site, request_line: bytes) -> None:
    answer = site.raw(request_line.replace(b"%s", site.host.encode()))
    assert re.match(rb"HTTP/1\.[01] (421|400|405) ", answer), answer
    assert b"Content-Security-Policy" in answer


def changes(site: Site, visitor: Visitor) -> list[tuple[str, str]]:
    job = visitor.send(photo()).json["id"]
    paths = [f"/api/jobs/{job}/render", f"/api/jobs/{job}/preview", "/api/live", "/api/jobs"]
    return [*(("POST", path) for path in paths), ("DELETE", f"/api/jobs/{job}")]


@pytest.mark.parametrize(
    ("left_out", "added"),
    [
        (["X-CSRF-Token"], {}),
        ([], {"X-CSRF-Token": "0" * 64}),
        ([], {"Origin": "http://evil"}),
        ([], {"Origin": "null"}),
        ([], {"Origin": "http://127.0.0.1:1"}),
        (["Origin"], {}),
        (["Origin"], {"Referer": "http://evil/"}),
        ([], {"Sec-Fetch-Site": "cross-site"}),
        ([], {"Sec-Fetch-Site": "same-site"}),
        (["Cookie"], {}),
    ],
)
def test_s3_what_did_not_come_from_the_page_changes_nothing(
    site: Site, visitor: Visitor, left_out: list[str], added: dict[str, str]
) -> None:
    headers = {name: value for name, value in visitor.headers.items() if name not in left_out} | added
    for method, path in changes(site, visitor):
        answer = site.ask(method, path, b"{}", {**headers, "Content-Type": "application/json"})
        assert answer.status in (401, 403), (method, path, answer)
        assert "access-control-allow-origin" not in answer.headers
    assert visitor.ask("GET", changes(site, visitor)[-1][1]).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_s3_what_a_foreign_form_can_send_is_refused(site: Site, visitor: Visitor, kind: str) -> None:
    for path in ("/api/jobs", "/upload", "/api/live"):
        headers = visitor.headers | ({"Content-Type": kind} if kind else {})
        assert site.ask("POST", path, b'{"a":1}', headers).status == 415


def test_s3_a_preflight_is_not_granted(site: Site) -> None:
    asking = {"Origin": "http://evil", "Access-Control-Request-Method": "POST"}
    answer = site.ask("OPTIONS", "/api/jobs", headers=asking)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_s3_reading_from_another_site_is_refused_too(site: Site, visitor: Visitor) -> None:
    assert visitor.ask("GET", "/api/session", **{"Sec-Fetch-Site": "cross-site"}).status == 403


def test_s3_asking_changes_nothing(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo()).json["id"]
    visitor.ended(job)
    for path in ("render", "preview"):
        assert visitor.ask("GET", f"/api/jobs/{job}/{path}").status == 405
    before = visitor.ask("GET", f"/api/jobs/{job}").json
    for path in ("/", "/api/session", f"/api/jobs/{job}", f"/api/jobs/{job}/result", f"/api/jobs/{job}/events"):
        assert visitor.ask("GET", path).status == 200
    assert visitor.ask("GET", f"/api/jobs/{job}").json == before


def test_s3_a_script_needs_no_page_but_what_a_browser_cannot_hide(site: Site) -> None:
    body, kind = form({}, "image", "a.jpg", photo())
    answer = site.ask("POST", "/upload", body, {"Content-Type": kind})
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="blurred.jpg"')
    for name, value in (("Origin", "http://evil"), ("Sec-Fetch-Site", "cross-site"), ("Cookie", "a=b")):
        assert site.ask("POST", "/upload", body, {"Content-Type": kind, name: value}).status == 403


def test_s3_a_script_goes_on_with_the_session_it_was_given(site: Site) -> None:
    body, kind = form({}, "file", "a.jpg", photo())
    job = site.ask("POST", "/api/jobs", body, {"Content-Type": kind}).json
    mine = {"Authorization": f"Bearer {job['session']}"}
    assert site.ask("GET", f"/api/jobs/{job['id']}", headers=mine).status == 200
    assert site.ask("DELETE", f"/api/jobs/{job['id']}").status == 401
    assert site.ask("DELETE", f"/api/jobs/{job['id']}", headers=mine).status == 204


def test_s4_every_answer_carries_the_headers(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo()).json["id"]
    visitor.ended(job)
    paths = ["/", "/review", "/api/session", "/api/openapi.json", "/api/archive", "/nothing", "/assets/js/main.js"]
    of_job = ("", "/result", "/result?view", "/report", "/events", "/review")
    answers = {path: visitor.ask("GET", path).headers for path in [*paths, *(f"/api/jobs/{job}{p}" for p in of_job)]}
    answers["preview"] = visitor.ask("POST", f"/api/jobs/{job}/preview", {}).headers
    answers["refused"] = site.ask("GET", "/", headers={"Host": "evil"}).headers
    for path, headers in answers.items():
        assert headers["content-security-policy"] == (REPORT_POLICY if "report" in path else POLICY), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == ("no-cache" if "assets" in path else "no-store"), path
        assert "server" not in headers
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in POLICY
    assert "unsafe" not in POLICY


def test_s4_the_page_asks_nobody_else() -> None:
    files = [path for path in served.ASSETS.rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"https?:|//[a-z]+\.[a-z]{2}|@import|\beval\(|innerHTML|style=|\son[a-z]+=\"", text), path


def test_s4_no_file_outside_the_assets_is_served(site: Site) -> None:
    for path in (
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/..%2fapp.py",
        "/assets/..%5capp.py",
        "/assets/",
    ):
        answer = site.raw(f"GET {path} HTTP/1.0\r\nHost: {site.host}\r\n\r\n".encode())
        assert b" 404 " in answer.split(b"\r\n")[0] + b" ", path
