"""Going over one recording on the page: whose it is, what every change does to the faces file, what is written."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from films import film, pictures, told
from pages import Answer, Site, Visitor, running
from PIL import Image
from scenes import Scene, sway, walk

from streamblur import Settings, compose
from streamblur.cli.review import review as command
from streamblur.faces import Faces, file
from streamblur.values import Box
from streamblur.web.limits import Limits
from streamblur.web.renderings import PREFIX
from streamblur.web.tasks import Task

FILM = Scene([sway(180, 150, 60, 40), walk((470, 190), (-1, 0), 80, 0, 60)], frames=60)
FAST = Settings(preset="ultrafast", crf=14)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Faces, list[list[Box]]]:
    """A recording in which only the first face was found, and where both are."""
    place = tmp_path_factory.mktemp("film") / "in.mp4"
    truth = film(place, FILM)
    with pytest.MonkeyPatch.context() as patch:
        told(patch, [boxes[:1] for boxes in truth])
        return place, compose.detect(Settings(), place), truth


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=2)) as site:
        yield site


@dataclass
class Desk:
    """One open review, as its page sees it."""

    visitor: Visitor
    task: Task
    id: str

    def ask(self, method: str, rest: str = "", body: Any = None) -> Answer:
        answer = self.visitor.ask(method, f"/api/reviews/{self.id}{rest}", body)
        packed = answer.headers.get("content-encoding") == "gzip"
        return Answer(answer.status, answer.headers, gzip.decompress(answer.body)) if packed else answer

    def edit(self, **said: Any) -> Answer:
        return self.ask("POST", "/edits", said)

    def until(self, done: Callable[[dict[str, Any]], bool], limit: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + limit
        while not done(about := self.ask("GET").json):
            assert time.monotonic() < deadline, about
            time.sleep(0.03)
        found: dict[str, Any] = about
        return found

    def picture(self, frame: int, original: bool = False) -> np.ndarray[Any, Any]:
        answer = self.ask("GET", f"/frames/{frame}{'?original=1' if original else ''}")
        return np.asarray(Image.open(io.BytesIO(answer.body)), np.int16)


@pytest.fixture
def begin(site: Site, made: tuple[Path, Faces, Any], tmp_path: Path) -> Callable[..., Desk]:
    """Opens the recording in a folder of its own, as ``streamblur review`` does."""

    def opened(found: bool = True, settled: bool = True, settings: Settings = FAST) -> Desk:
        source = Path(shutil.copy(made[0], tmp_path / "in.mp4"))
        task = Task(source, tmp_path / "in.mp4.faces.json", tmp_path / "out.mp4", settings)
        if found:
            file.write(made[1], task.place)
        assert site.reviews is not None
        desk = Desk(site.visitor(), task, site.reviews.open(task).id)
        if settled:
            assert desk.until(lambda about: about["state"] != "opening")["state"] == "ready"
        return desk

    return opened


def shares(box: Box) -> list[float]:
    return [box.left / 640, box.top / 360, box.right / 640, box.bottom / 360]


def inside(box: Box) -> Any:
    return np.s_[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]


def test_only_who_knows_the_id_and_is_the_page_may_ask(begin: Callable[..., Desk], site: Site) -> None:
    desk = begin()
    path = f"/api/reviews/{desk.id}"
    assert site.ask("GET", path).status == 401
    assert desk.visitor.ask("GET", "/api/reviews/" + "a" * 32).status == 404
    for name in ("..%2f..%2fetc%2fpasswd", str(desk.task.source).replace("/", "%2f"), "in.mp4"):
        assert desk.visitor.ask("GET", f"/api/reviews/{name}").status == 404
    before = desk.task.place.read_bytes()
    cookie = {"Cookie": desk.visitor.headers["Cookie"], "Content-Type": "application/json"}
    data = json.dumps({"do": "keep", "track": 1}).encode()
    assert site.ask("POST", f"{path}/edits", data, cookie).status == 403
    foreign = {**desk.visitor.headers, "Origin": "http://evil.example", "Content-Type": "application/json"}
    assert site.ask("POST", f"{path}/edits", data, foreign).status == 403
    assert (
        site.ask("GET", f"{path}/frames/0?original=1", headers={**cookie, "Sec-Fetch-Site": "cross-site"}).status == 403
    )
    assert desk.task.place.read_bytes() == before
    assert str(desk.task.source.parent) not in desk.ask("GET").body.decode()
    assert desk.ask("GET", "/frames/0").headers["cache-control"] == "no-store"


def test_every_change_is_saved_and_can_be_taken_back(begin: Callable[..., Desk], made: tuple[Path, Faces, Any]) -> None:
    desk = begin()
    source = desk.task.source.read_bytes()
    before = desk.task.place.read_bytes()
    told = desk.ask("GET", "/tracks").json
    assert (told["size"], told["frames"], told["edits"]) == ([640, 360], 60, 0)
    assert [lane["id"] for lane in told["lanes"]] == [1]
    assert told["times"][0][2] == 60

    kept = desk.edit(do="keep", track=1).json["lanes"][0]
    assert kept["kept"]
    assert kept["visible"]
    drawn = desk.edit(do="draw", frame=30, box=shares(made[2][30][1]))
    number = int(drawn.headers["x-track"])
    lane = next(lane for lane in drawn.json["lanes"] if lane["id"] == number)
    assert (lane["added"], lane["spans"]) == (True, [[0, 59]])
    later = int(desk.edit(do="split", track=number, frame=20).headers["x-track"])
    assert [lane["id"] for lane in desk.edit(do="join", track=number, other=later).json["lanes"]] == [1, number]
    assert [edit["do"] for edit in file.read(desk.task.place).edits] == ["keep", "drawn", "split", "join"]

    for left in (3, 2, 1, 0, 0):
        assert desk.edit(do="undo").json["edits"] == left
    assert desk.task.place.read_bytes() == before
    assert desk.edit(do="redo").json["undone"] == 3
    assert [edit["do"] for edit in file.read(desk.task.place).edits] == ["keep"]
    assert desk.task.source.read_bytes() == source


def test_a_change_that_is_none_changes_nothing(begin: Callable[..., Desk]) -> None:
    desk = begin()
    before = desk.task.place.read_bytes()
    wrongs: list[dict[str, Any]] = [{"do": "keep"}, {"do": "keep", "track": "1"}, {"do": "keep", "track": True}]
    wrongs += [{"do": "wipe"}, {"do": "undo", "place": "/etc/passwd"}, {"do": "draw", "frame": 3, "box": [0, 0, 1]}]
    wrongs += [{"do": "draw", "frame": -1, "box": [0, 0, 1, 1]}, {"do": "split", "track": 1, "frame": 1.5}]
    assert [desk.edit(**wrong).status for wrong in wrongs] == [400] * len(wrongs)
    refused = desk.edit(do="keep", track=99)
    assert (refused.status, refused.code) == (422, "edit")
    assert "no track 99" in refused.body.decode()
    assert desk.ask("GET", "/frames/3?longest=99999").status == 400
    assert desk.task.place.read_bytes() == before
    assert desk.edit(do="keep", track=1).status == 200, "the child is still there"


def test_frames_are_hidden_unless_asked_for_as_they_are(
    begin: Callable[..., Desk], made: tuple[Path, Faces, Any]
) -> None:
    desk = begin()
    truth, frames = made[2], pictures(made[0])
    for number in (40, 7):
        safe, seen = desk.picture(number), desk.picture(number, original=True)
        assert np.abs(seen - frames[number]).mean() < 6
        assert np.abs(safe - frames[number])[inside(truth[number][0])].mean() > 12
    (found,) = json.loads(desk.ask("GET", "/frames/7").headers["x-faces"])
    assert found[0] == 1
    assert np.abs(np.array(found[1:5]) - shares(truth[7][0])).max() < 0.06


def test_a_file_that_another_program_changed_is_not_written_over(begin: Callable[..., Desk]) -> None:
    desk = begin()
    desk.task.place.write_text("another", encoding="utf-8")
    refused = desk.edit(do="keep", track=1)
    assert (refused.status, refused.code) == (409, "changed")
    assert desk.task.place.read_text(encoding="utf-8") == "another"


def test_faces_are_looked_for_first_where_there_is_no_file(begin: Callable[..., Desk]) -> None:
    desk = begin(found=False)
    assert len(file.read(desk.task.place).times) == 60
    assert desk.ask("GET", "/tracks").json["lanes"]


@pytest.mark.parametrize("wrong", ["not json", "another input"])
def test_a_file_that_does_not_fit_is_told_in_a_sentence(
    begin: Callable[..., Desk], made: tuple[Path, Faces, Any], tmp_path: Path, wrong: str
) -> None:
    place = tmp_path / "in.mp4.faces.json"
    if wrong == "not json":
        place.write_text("{", encoding="utf-8")
    else:
        text = json.dumps(file.as_document(made[1])).replace(made[1].source.sha256, "0" * 64)
        place.write_text(text, encoding="utf-8")
    before = place.read_bytes()
    desk = begin(found=False, settled=False)
    about = desk.until(lambda about: about["state"] != "opening")
    assert about["state"] == "failed"
    assert wrong.upper() in about["error"]["message"].upper()
    assert str(tmp_path) not in about["error"]["message"]
    assert desk.edit(do="keep", track=1).status == 409
    assert place.read_bytes() == before


def test_following_a_box_tells_how_far_it_is_and_can_be_stopped(
    begin: Callable[..., Desk], made: tuple[Path, Faces, Any]
) -> None:
    desk = begin(settings=replace(FAST, codec="test-slow"))
    before = desk.task.place.read_bytes()
    with ThreadPoolExecutor(1) as other:
        draws = other.submit(desk.edit, do="draw", frame=30, box=shares(made[2][30][1]))
        about = desk.until(lambda about: about["following"] and about["following"][0] > 0)
        assert about["following"][0] < about["following"][1] == 59
        assert desk.ask("DELETE", "/edits").status == 204
        assert (draws.result().status, draws.result().code) == (422, "stopped")
    about = desk.ask("GET").json
    assert (about["following"], about["edited"]) == ([], 0)
    assert desk.task.place.read_bytes() == before
    assert desk.ask("DELETE", "/edits").status == 204, "nothing to be stopped"
    assert desk.edit(do="draw", frame=30, box=shares(made[2][30][1])).json["last"] == "drawn"


def test_the_result_is_written_whole_and_replaces_only_what_may_be(
    begin: Callable[..., Desk], made: tuple[Path, Faces, Any]
) -> None:
    desk = begin()
    desk.task.output.write_text("mine", encoding="utf-8")
    dead = desk.task.output.with_name(f"{PREFIX}dead")  # of a run that was killed
    dead.mkdir(0o700)
    (dead / ".lock").touch(0o600)
    (dead / "out.mp4").write_bytes(b"half")
    assert desk.ask("POST", "/render", {}).code == "exists"
    assert desk.task.output.read_text(encoding="utf-8") == "mine"
    assert desk.ask("GET", "/result").status == 409
    desk.edit(do="draw", frame=30, box=shares(made[2][30][1]))
    assert desk.ask("POST", "/render", {"replace": True}).status == 202
    ended = desk.until(lambda about: about["render"]["state"] != "running")["render"]
    assert ended["state"] == "done", ended
    frames, after = pictures(made[0]), pictures(desk.task.output)
    assert len(after) == 60
    for face in made[2][45]:
        assert np.abs(frames[45].astype(int) - after[45])[inside(face)].mean() > 12
    assert desk.ask("GET", "/result").body == desk.task.output.read_bytes()
    assert sorted(path.name for path in desk.task.source.parent.iterdir()) == ["in.mp4", "in.mp4.faces.json", "out.mp4"]


def test_a_result_that_is_stopped_leaves_what_was_there(begin: Callable[..., Desk], site: Site) -> None:
    desk = begin()
    desk.task.output.write_text("mine", encoding="utf-8")
    desk.ask("POST", "/render", {"replace": True})
    assert desk.ask("DELETE", "/render").status == 204
    assert desk.until(lambda about: about["render"]["state"] != "running")["render"]["state"] == "cancelled"
    assert desk.task.output.read_text(encoding="utf-8") == "mine"
    assert len(os.listdir(desk.task.output.parent)) == 3


def test_a_child_that_died_is_started_anew_with_what_was_saved(begin: Callable[..., Desk], site: Site) -> None:
    desk = begin()
    desk.edit(do="keep", track=1)
    assert site.reviews is not None
    reader = site.reviews.all()[-1]._reader
    assert reader._worker is not None
    reader._worker.kill("memory")
    assert desk.ask("GET", "/frames/3").status in (200, 500)
    assert desk.ask("GET", "/tracks").json["lanes"][0]["kept"]


def test_a_recording_of_the_page_is_its_owners(site: Site, made: tuple[Path, Faces, Any]) -> None:
    owner, stranger = site.visitor(), site.visitor()
    job = owner.send(made[0].read_bytes(), "party.mp4", {"preset": "ultrafast"}).json["id"]
    assert owner.ask("POST", f"/api/jobs/{job}/review", {}).status == 409
    assert owner.ended(job)["state"] == "done"
    assert stranger.ask("POST", f"/api/jobs/{job}/review", {}).status == 404
    begun = owner.ask("POST", f"/api/jobs/{job}/review", {})
    assert begun.status == 201
    assert owner.ask("POST", f"/api/jobs/{job}/review", {}).json["id"] == begun.json["id"]
    found = site.office.all()[-1]
    desk = Desk(owner, Task(found.input, found.folder, found.output, FAST), begun.json["id"])
    assert desk.until(lambda about: about["state"] != "opening")["name"] == "party.mp4"
    assert stranger.ask("GET", f"/api/reviews/{desk.id}").status == 404
    before = owner.ask("GET", f"/api/jobs/{job}/result").body
    desk.edit(do="draw", frame=30, box=shares(made[2][30][1]))
    desk.ask("POST", "/render", {})
    assert desk.until(lambda about: about["render"]["state"] != "running")["render"]["state"] == "done"
    after = owner.ask("GET", f"/api/jobs/{job}/result").body
    assert before != after == desk.ask("GET", "/result").body
    owner.ask("DELETE", f"/api/jobs/{job}")
    deadline = time.monotonic() + 20
    while desk.ask("GET").status != 404 or found.folder.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_command_opens_one_recording(
    made: tuple[Path, Faces, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("streamblur.web.server.serve", lambda *about: asked.append(about))
    clip = Path(shutil.copy(made[0], tmp_path / "in.mp4"))
    result = CliRunner().invoke(command, [str(clip), "--style", "solid", "--port", "0"])
    assert result.exit_code == 0, result.output
    task = asked[0][2]
    places = (clip.resolve(), tmp_path / "in.mp4.faces.json", tmp_path / "in_blurred.mp4")
    assert (task.source, task.place, task.output, task.settings.style) == (*places, "solid")
    assert (asked[0][0].host, task.job) == ("127.0.0.1", None)
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    for wrong, said in ((["none.mp4"], "no file"), ([str(clip), str(tmp_path / "bad.json")], "no sound faces file")):
        refused = CliRunner().invoke(command, wrong)
        assert refused.exit_code == 1
        assert said in refused.output
    refused = CliRunner().invoke(command, [str(clip), "-o", str(clip)])
    assert "is the input itself" in refused.output
    assert len(asked) == 1
