"""Jobs: whose they are, how many, how they end, what is left: S9 to S12 and the load test."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from clips import Clip, make
from pages import Site, Visitor, files_in, form, photo, running
from PIL import Image

from streamblur.web import folders
from streamblur.web.limits import Limits
from streamblur.web.workers import Worker

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=2, memory=700 << 20)) as site:
        yield site


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()


def gone(check: Any, limit: float) -> bool:
    deadline = time.monotonic() + limit
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_s9_an_id_is_long_and_another_clients_job_is_not_there(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo()).json["id"]
    assert len(job) >= 32
    visitor.ended(job)
    stranger = site.visitor()
    for method, path in (
        ("GET", ""),
        ("GET", "/result"),
        ("GET", "/events"),
        ("POST", "/preview"),
        ("POST", "/render"),
    ):
        body: dict[str, Any] | None = {} if method == "POST" else None
        assert stranger.ask(method, f"/api/jobs/{job}{path}", body).status == 404
    assert stranger.ask("DELETE", f"/api/jobs/{job}").status == 404
    assert visitor.ask("GET", f"/api/jobs/{job}").status == 200


def test_s9_nothing_lists_jobs_and_nobody_hears_of_others(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo()).json["id"]
    visitor.ended(job)
    assert visitor.ask("GET", "/api/jobs").status == 405
    stranger = site.visitor()
    assert stranger.ask("GET", "/api/archive").status == 404
    owner = next(each.owner for each in site.office.all() if each.id == job)
    assert site.office.news("somebody else", 0)[1] == []
    assert [each["id"] for each in site.office.news(owner, 0)[1]] == [job]


def test_s9_a_session_cannot_be_made_up(site: Site) -> None:
    for made_up in ("x", "a.b", "a" * 32 + "." + "0" * 64):
        headers = {"Cookie": f"streamblur_{site.port}={made_up}"}
        assert site.ask("GET", "/api/session", headers=headers).status == 401


def test_s10_the_queue_is_bounded(tmp_path: Path) -> None:
    with running(tmp_path, Limits(workers=1, waiting=3)) as site:
        visitor = site.visitor()
        answers = [visitor.send(photo(), settings={"codec": "test-spin"}) for _ in range(7)]
        states = [answer.status for answer in answers]
        assert states.count(429) >= 3
        refused = next(answer for answer in answers if answer.status == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.code == "busy"
        assert sum(job.state == "running" for job in site.office.all()) <= 1


def test_s10_one_client_cannot_fill_it_and_others_come_first(tmp_path: Path) -> None:
    with running(tmp_path, Limits(workers=1, waiting=50, each=4)) as site:
        greedy, modest = site.visitor(), site.visitor()
        answers = [greedy.send(photo(), settings={"codec": "test-sleep"}) for _ in range(8)]
        assert 429 in [answer.status for answer in answers]
        first = modest.send(photo(), settings={"codec": "test-sleep"}).json["id"]
        modest.ended(first)
        waiting = [job for job in site.office.all() if job.state == "queued"]
        assert len(waiting) >= 1


@LINUX
def test_s10_cancelling_frees_the_processor_and_the_disk(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo(), settings={"codec": "test-spin"}).json["id"]
    assert gone(lambda: visitor.ask("GET", f"/api/jobs/{job}").json.get("progress", {}).get("frames"), 20)
    held = next(each for each in site.office.all() if each.id == job)
    assert held.worker is not None
    process, folder = psutil.Process(held.worker.pid), held.folder
    assert os.getpgid(process.pid) == process.pid
    started = time.monotonic()
    assert visitor.ask("DELETE", f"/api/jobs/{job}").status == 204
    assert gone(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 2)
    assert time.monotonic() - started < 2
    assert gone(lambda: not folder.exists(), 2)
    assert visitor.ask("GET", f"/api/jobs/{job}").status == 404


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("test-die", "died"),
        ("test-babble", "died"),
        ("test-eat", "memory"),
        ("test-bug", "bug"),
        ("test-path", "unreadable"),
    ],
)
@LINUX
def test_s10_s12_a_job_that_goes_wrong_says_so_without_any_path(
    site: Site, visitor: Visitor, how: str, code: str
) -> None:
    job = visitor.send(photo(), "family.jpg", settings={"codec": how}).json["id"]
    if how == "test-babble":  # a pickle: it is taken for nonsense, never run
        assert gone(lambda: visitor.ask("GET", f"/api/jobs/{job}").json["state"] == "failed", 20)
    about = visitor.ended(job)
    assert (about["state"], about["error"]["code"]) == ("failed", code)
    assert not re.search(r"/|Traceback|Error\b|File ", about["error"]["message"])
    assert about["error"]["message"].endswith((".", "again."))
    assert not Path("pickled").exists()
    assert visitor.ended(visitor.send(photo()).json["id"])["state"] == "done"  # the next one is served


@LINUX
def test_a_child_that_ended_well_is_never_told_dead_because_another_starts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = forkserver.read_signed

    def slowly(place: int) -> int:
        time.sleep(0.05)
        code: int = read(place)
        return code

    def probe() -> int | None:
        folder = site.office.root.folder()
        about = {"work": "probe", "folder": str(folder), "bounds": site.office.limits.bounds(1 << 20, 60)}
        worker = Worker(site.office.how, about, time.monotonic() + 60, site.office.target)
        assert all("error" not in message for message in worker.messages())
        return worker.close()

    monkeypatch.setattr(forkserver, "read_signed", slowly)
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda _: probe(), range(24)))
    assert codes == [0] * 24


def test_s10_time_has_an_end(tmp_path: Path) -> None:
    with running(tmp_path, Limits(workers=1, photo_time=1.0)) as site:
        visitor = site.visitor()
        visitor.ended(visitor.send(photo()).json["id"])
        assert (
            visitor.ended(visitor.send(photo(), settings={"codec": "test-spin"}).json["id"])["error"]["code"] == "time"
        )


def test_s10_a_child_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with running(tmp_path, Limits(workers=1, silence=1.0)) as site:
        visitor = site.visitor()
        about = visitor.ended(visitor.send(photo(), settings={"codec": "test-spin"}).json["id"])
        assert about["error"]["code"] == "silence"


def test_s10_the_disk_is_not_filled(tmp_path: Path) -> None:
    with running(tmp_path, Limits(workers=1, store=1000)) as site:
        answer = site.visitor().send(photo())
        assert (answer.status, answer.code) == (507, "full")


def test_s10_too_many_requests_are_slowed_down(site: Site, visitor: Visitor) -> None:
    answers = [visitor.ask("POST", "/api/jobs/x/render", {}) for _ in range(400)]
    slowed = [answer for answer in answers if answer.status == 429]
    assert slowed
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in slowed)


def test_s11_folders_are_private_and_one_for_each_job(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo()).json["id"]
    visitor.ended(job)
    held = next(each for each in site.office.all() if each.id == job)
    for folder in (site.root, held.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = [path for path in held.folder.iterdir() if path.is_file()]
    assert {path.name for path in kept} == {"photo.jpg", "report.en.html", "report.zh.html", "result-1.jpg"}
    assert all(path.stat().st_nlink == 1 for path in kept)
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert job not in str(held.folder)


def test_s11_a_failure_leaves_nothing(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo(), settings={"codec": "test-die"}).json["id"]
    visitor.ended(job)
    held = next(each for each in site.office.all() if each.id == job)
    assert not held.folder.exists()


def test_s11_a_refused_upload_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as site:
        site.visitor().send(b"neither photo nor film" * 500)
        assert gone(lambda: not files_in(tmp_path), 2)
        assert [path.name for path in site.root.iterdir()] == [".lock"]


def test_s11_results_expire(tmp_path: Path) -> None:
    with running(tmp_path, Limits(workers=1, expiry=0.3)) as site:
        visitor = site.visitor()
        job = visitor.send(photo()).json["id"]
        assert gone(lambda: visitor.ask("GET", f"/api/jobs/{job}").status == 404, 20)
        assert gone(lambda: not files_in(tmp_path), 3)


def test_s11_the_end_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as site:
        visitor = site.visitor()
        visitor.ended(visitor.send(photo()).json["id"])
        visitor.send(photo(), settings={"codec": "test-spin"})
        assert files_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_s11_the_sweep_spares_the_living_and_follows_no_link(tmp_path: Path) -> None:
    living = folders.Root(tmp_path)
    (living.path / "kept").write_bytes(b"x")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_bytes(b"x")
    (tmp_path / f"{folders.PREFIX}planted").symlink_to(elsewhere)
    dead = tmp_path / f"{folders.PREFIX}dead"
    dead.mkdir(0o700)
    (dead / ".lock").touch(0o600)
    (dead / "media").write_bytes(b"x")
    (dead / "link").symlink_to(elsewhere)
    folders.sweep(tmp_path)
    assert (living.path / "kept").exists()
    assert (elsewhere / "precious").exists()
    assert not dead.exists()
    living.close()
    assert not living.path.exists()


@LINUX
def test_s11_s12_a_lying_child_points_nowhere_else(site: Site, visitor: Visitor) -> None:
    """A result that is a link to another file is not followed, a face that makes no sense is left out."""
    job = visitor.send(photo(), settings={"codec": "test-lie"}).json["id"]
    about = visitor.ended(job)
    assert about["faces"] == []
    assert "/home" not in json.dumps(about)
    assert visitor.ask("GET", f"/api/jobs/{job}/result").status == 404


def test_s12_errors_tell_nothing_of_the_machine(site: Site, visitor: Visitor) -> None:
    job = visitor.send(photo()).json["id"]
    visitor.ended(job)
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/nothing", None),
        ("GET", "/api/jobs/nothing", None),
        ("PATCH", "/api/session", {}),
        ("POST", f"/api/jobs/{job}/render", b"{"),
        ("POST", f"/api/jobs/{job}/render", {"settings": {"style": "../../etc/passwd"}}),
        ("POST", f"/api/jobs/{job}/render", {"settings": {"force": True}}),
        ("POST", f"/api/jobs/{job}/render", {"settings": {"strength": "1e400"}}),
        ("POST", f"/api/jobs/{job}/render", {"settings": {"codec": "libx264 -i x"}}),
        ("POST", f"/api/jobs/{job}/render", {"edits": {"off": [[9, 9, 9, 9]]}}),
        ("POST", f"/api/jobs/{job}/preview", {"time": -1}),
    ]
    for method, path, body in asked:
        answer = visitor.ask(
            method, path, body, **({"Content-Type": "application/json"} if isinstance(body, bytes) else {})
        )
        assert 400 <= answer.status < 500, (path, body, answer)
        message = answer.json["error"]["message"]
        assert not re.search(r"Traceback|File \"|\.py|/work|/usr|site-packages|werkzeug|Python", message)


def test_a_photo_comes_back_covered_and_again_otherwise(visitor: Visitor) -> None:
    before = photo(3, (320, 200))
    job = visitor.send(before, "family.jpg", {"style": "solid"}).json["id"]
    about = visitor.ended(job)
    assert about["summary"]["tracks"] == 1
    box = about["faces"][0]["box"]
    assert pixels_differ(before, visitor.ask("GET", f"/api/jobs/{job}/result").body, box) > 3
    preview = visitor.ask(
        "POST", f"/api/jobs/{job}/preview", {"settings": {"style": "solid"}, "edits": {"off": [box]}}
    ).json
    assert preview["faces"][0]["box"] == pytest.approx(box, abs=0.02)
    assert visitor.ask("POST", f"/api/jobs/{job}/preview", {"settings": about["settings"]}).status == 200
    visitor.ask(
        "POST",
        f"/api/jobs/{job}/render",
        {"settings": {"style": "solid"}, "edits": {"off": [box], "added": [[0.7, 0.7, 0.9, 0.9]]}},
    )
    about = visitor.ended(job)
    result = visitor.ask("GET", f"/api/jobs/{job}/result").body
    assert about["run"] == 2
    assert pixels_differ(before, result, box) < 3
    assert pixels_differ(before, result, [0.7, 0.7, 0.9, 0.9]) > 3


def test_what_cannot_be_edited_is_refused_and_kept(visitor: Visitor) -> None:
    """A picture that moves has no faces to be known by their place."""
    file = io.BytesIO()
    frames = [Image.new("L", (64, 48), 60 * n) for n in range(3)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    job = visitor.send(file.getvalue(), "a.gif").json["id"]
    visitor.ended(job)
    for edits, refused in (({"off": [[0.2, 0.2, 0.5, 0.6]]}, (422, "edits")), ({"keep": [1]}, (400, "settings"))):
        answer = visitor.ask("POST", f"/api/jobs/{job}/render", {"edits": edits})
        assert (answer.status, answer.code) == refused
    assert visitor.ask("GET", f"/api/jobs/{job}/result").status == 200


def pixels_differ(before: bytes, after: bytes, box: list[float]) -> float:
    was, now = (np.asarray(Image.open(io.BytesIO(each)).convert("RGB"), np.float64) for each in (before, after))
    height, width = was.shape[:2]
    part = np.s_[int(box[1] * height) : int(box[3] * height), int(box[0] * width) : int(box[2] * width)]
    return float(np.abs(was[part] - now[part]).mean())


def test_a_recording_tells_how_far_it_is_and_plays_in_parts(tmp_path: Path, visitor: Visitor) -> None:
    clip = make(tmp_path / "a.mp4", Clip(times=tuple(range(60)))).read_bytes()
    job = visitor.send(clip, "a.mp4", {"preset": "veryfast"}).json["id"]
    events = visitor.ask("GET", f"/api/jobs/{job}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in events.body.decode().splitlines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done"
    assert any(each["state"] == "running" for each in told)
    whole = visitor.ask("GET", f"/api/jobs/{job}/result")
    part = visitor.ask("GET", f"/api/jobs/{job}/result?view", Range="bytes=100-199")
    assert part.status == 206
    assert part.body == whole.body[100:200]
    assert part.headers["content-disposition"].startswith("inline")
    frame = visitor.ask("POST", f"/api/jobs/{job}/preview", {"time": 1.0, "settings": {"style": "pixelate"}})
    assert frame.json["faces"]


def test_a_png_sent_to_upload_comes_back_as_jpeg(site: Site) -> None:
    body, kind = form({}, "image", "a.png", photo(kind="PNG", size=(160, 120)))
    answer = site.ask("POST", "/upload", body, {"Content-Type": kind})
    image = Image.open(io.BytesIO(answer.body))
    assert (image.format, image.size) == ("JPEG", (160, 120))
    assert gone(lambda: not [each for each in site.office.all() if each.work == "jpeg"], 3)


def test_a_heic_photo_comes_back_as_one(visitor: Visitor) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    before, file = Image.open(io.BytesIO(photo(4, (320, 200)))), io.BytesIO()
    pillow_heif.from_pillow(before).save(file, quality=90)
    job = visitor.send(file.getvalue(), "IMG_1.HEIC", {"style": "solid"}).json["id"]
    about = visitor.ended(job)
    assert (about["state"], about["summary"]["tracks"], about["type"]) == ("done", 1, "image/heic")
    answer = visitor.ask("GET", f"/api/jobs/{job}/result")
    assert 'filename="IMG_1_blurred.heic"' in answer.headers["content-disposition"]
    after = pillow_heif.open_heif(io.BytesIO(answer.body)).to_pillow()
    assert after.size == before.size
    assert np.asarray(after)[50:110, 80:150].std(axis=(0, 1)).max() < 4, "solid is one colour"
    assert visitor.ask("POST", f"/api/jobs/{job}/preview", {}).status == 200, "which the browser shows instead"


def test_load_fifty_photos_from_ten_clients(tmp_path: Path) -> None:
    """None is lost, none is mixed up, memory stays bounded."""
    with running(tmp_path, Limits(workers=2)) as site:
        first = site.visitor()
        first.ended(first.send(photo()).json["id"])
        server = psutil.Process()
        before, most = server.memory_info().rss, [0]
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.05):
                rss = sum(each.memory_info().rss for each in server.children(recursive=True) if each.is_running())
                most[0] = max(most[0], rss) if rss else most[0]

        watching = threading.Thread(target=lambda: _quietly(watch))
        watching.start()
        try:
            with ThreadPoolExecutor(10) as clients:
                results = list(clients.map(lambda n: client(site, n), range(10)))
        finally:
            stop.set()
            watching.join()
        assert sum(results) == 50
        assert server.memory_info().rss - before < 100 << 20
        assert most[0] < 1500 << 20, "more children at a time than workers"


def _quietly(watch: Any) -> None:
    try:
        watch()
    except psutil.Error:
        _quietly(watch)


def client(site: Site, number: int) -> int:
    """Five photos of sizes that nobody else sends; how many came back right."""
    visitor, right = site.visitor(), 0
    sizes = [(100 + number, 60 + n) for n in range(5)]
    sent = {}
    for n, size in enumerate(sizes):
        while (answer := visitor.send(photo(10 * number + n, size), f"{number}-{n}.jpg")).status == 429:
            time.sleep(int(answer.headers["retry-after"]))
        sent[answer.json["id"]] = (n, size)
    for job, (n, size) in sent.items():
        about = visitor.ended(job, 120)
        assert about["state"] == "done", about
        after = visitor.ask("GET", f"/api/jobs/{job}/result").body
        same = pixels_differ(photo(10 * number + n, size), after, [0.7, 0.7, 1, 1]) < 4
        right += about["name"] == f"{number}-{n}.jpg" and Image.open(io.BytesIO(after)).size == size and same
    with zipfile.ZipFile(io.BytesIO(visitor.ask("GET", "/api/archive").body)) as archive:
        assert sorted(archive.namelist()) == [f"{number}-{n}_blurred.jpg" for n in range(5)]
        assert archive.testzip() is None
    return right


def test_a_camera_that_cannot_be_opened_says_so(site: Site) -> None:
    """A sentence, no path, and no camera left open."""
    visitor = site.visitor()
    answer = visitor.ask("POST", "/api/live", {"device": "77"})
    assert (answer.status, answer.code) == (422, "camera")
    assert re.fullmatch(r"[A-Z][^/]+\.", answer.json["error"]["message"]) or "camera" in answer.json["error"]["message"]
    assert "/dev" not in answer.json["error"]["message"]
    for wrong in ("/dev/video0", "-1", "../0", "123"):
        assert visitor.ask("POST", "/api/live", {"device": wrong}).status == 400
    assert visitor.ask("GET", "/api/live/nothing").status == 404
