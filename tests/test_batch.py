"""Folders and archives: every file once, nothing done twice, and one bad file stops no other."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import clips
import numpy as np
import pytest
import runs
from click.testing import CliRunner
from PIL import Image
from tqdm import tqdm

from streamblur import InputError, OutputError, Settings, rooms
from streamblur.batch.export import Log
from streamblur.batch.gather import gathered
from streamblur.batch.journal import NAME, Journal, records
from streamblur.batch.kinds import HEAD, suffix_told, written_as
from streamblur.batch.outcome import Outcome, digest
from streamblur.batch.plan import planned
from streamblur.batch.resources import default_jobs
from streamblur.batch.running import Ways, outcomes, settings_digest
from streamblur.batch.work import Shelf, work
from streamblur.cli import main
from streamblur.cli._board import Lines
from streamblur.machine import free_memory

TESTS = Path(__file__).parent
FAST = Settings(preset="ultrafast")


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A detector that costs nothing and always finds one face."""
    monkeypatch.setattr(rooms, "part", runs.part)


def photo(place: Path, seed: int = 0, size: tuple[int, int] = (64, 48)) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3)).astype(np.uint8)
    Image.fromarray(pixels).save(place)
    return place


def done(
    inputs: Sequence[Path], folder: Path | None = None, settings: Settings = FAST, recursive: bool = True
) -> list[Outcome]:
    """All of it in this process, one after the other."""
    files = gathered([str(each) for each in inputs], recursive, folder).files
    with ThreadPoolExecutor(1) as here:
        jobs = planned(files, str(folder) if folder is not None else None)
        return list(outcomes(jobs, settings, Ways(here, partial(work, shelf=Shelf()), 2)))


def names(places: Sequence[Any], root: Path) -> list[str]:
    return sorted(str(place.relative_to(root)) for place in places)


def test_a_folder_is_the_media_in_it_and_with_r_in_its_folders(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "deep/er/c.webp", ".hidden/d.jpg", ".e.jpg", "f_blurred.jpg", "deep/g_blurred.mp4"):
        photo(tmp_path / name) if not name.endswith("mp4") else (tmp_path / name).touch()
    (tmp_path / "notes.txt").write_text("words")
    shutil.copy(tmp_path / "b.jpg", tmp_path / "without suffix")
    (tmp_path / "broken.mov").touch()
    flat = gathered([str(tmp_path)], recursive=False)
    assert names([f.place for f in flat.files], tmp_path) == ["a.PNG", "b.jpg", "broken.mov", "without suffix"]
    assert names(flat.no_media, tmp_path) == [".e.jpg", "notes.txt"]
    assert names(flat.earlier, tmp_path) == ["f_blurred.jpg"]
    deep = gathered([str(tmp_path)], recursive=True)
    assert names([f.place for f in deep.files], tmp_path)[-2:] == ["deep/er/c.webp", "without suffix"]
    assert len(deep.earlier) == 2


def test_links_in_a_circle_end_and_no_file_comes_twice(tmp_path: Path) -> None:
    photo(tmp_path / "a" / "x.jpg")
    (tmp_path / "a" / "b").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "c").symlink_to(tmp_path)
    (tmp_path / "a" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    found = gathered([str(tmp_path / "a"), str(tmp_path / "a" / "x.jpg"), f"{tmp_path}/a/../a/x.jpg"], recursive=True)
    assert names([f.place for f in found.files], tmp_path) == ["a/gone.jpg", "a/x.jpg"]


def test_a_pattern_is_expanded_but_a_name_that_exists_is_a_name(tmp_path: Path) -> None:
    photo(tmp_path / "a1.jpg"), photo(tmp_path / "a2.jpg"), photo(tmp_path / "[a]*.jpg")
    both = gathered([f"{tmp_path}/a?.jpg"], recursive=False)
    assert names([f.place for f in both.files], tmp_path) == ["a1.jpg", "a2.jpg"]
    only = gathered([f"{tmp_path}/[a]*.jpg"], recursive=False)
    assert names([f.place for f in only.files], tmp_path) == ["[a]*.jpg"]
    with pytest.raises(InputError, match="no file matches"):
        gathered([f"{tmp_path}/b*.jpg"], recursive=False)


@pytest.mark.usefixtures("fixed")
def test_a_tree_is_mirrored_and_outputs_are_no_inputs_of_the_next_run(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "x.jpg"), photo(tmp_path / "in" / "sub" / "y.png")
    inside = tmp_path / "in" / "safe"
    assert {o.status for o in done([tmp_path / "in"], inside)} == {"done"}
    assert (inside / "x.jpg").is_file()
    assert (inside / "sub" / "y.png").is_file()
    again = gathered([str(tmp_path / "in")], True)
    assert names([f.place for f in again.files], tmp_path / "in") == ["sub/y.png", "x.jpg"]
    assert len(again.earlier) == 2


def test_two_that_would_become_one_and_outputs_that_are_inputs_are_refused(tmp_path: Path) -> None:
    for name in ("a/x.jpg", "b/x.jpg", "c/y.mpg", "c/y.mkv", "d/z.jpg", "d/z_blurred.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def plan(folder: Path | None, *inputs: str) -> None:
        files = gathered([f"{tmp_path}/{i}" for i in inputs], True, folder).files
        planned(files, str(folder) if folder is not None else None)

    plan(None, "a", "b")
    with pytest.raises(OutputError, match="would both become"):
        plan(tmp_path / "out", "a", "b")
    with pytest.raises(OutputError, match="would both become"):
        plan(tmp_path / "out", "c")
    with pytest.raises(OutputError, match="an input"):
        plan(tmp_path / "a", "a")
    with pytest.raises(OutputError, match="an input"):
        plan(None, "d/z.jpg", "d/z_blurred.jpg")


def test_a_suffix_that_cannot_be_written_becomes_one_that_can(tmp_path: Path) -> None:
    from streamblur.sinks._codecs import CONTAINERS
    from streamblur.sinks.image import SUFFIXES

    for suffix in (*CONTAINERS, *(s for each in SUFFIXES.values() for s in each)):
        assert written_as(tmp_path / f"x{suffix}") == suffix
    for before, after in ((".MTS", ".ts"), (".3gp", ".mp4"), (".wmv", ".mkv"), (".txt", ".txt"), (".JPG", ".JPG")):
        assert written_as(tmp_path / f"x{before}") == after


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv"])
def test_a_recording_is_told_by_its_first_bytes(tmp_path: Path, suffix: str) -> None:
    codec = "libvpx" if suffix == ".webm" else "libx264"
    place = clips.make(tmp_path / f"x{suffix}", clips.Clip(codec=codec, times=tuple(range(3))))
    assert suffix_told(place.read_bytes()[:HEAD]) == suffix
    for pillow in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"):
        Image.new("RGB", (9, 9)).save(tmp_path / "picture", pillow)
        assert suffix_told((tmp_path / "picture").read_bytes()[:HEAD])[1:3] == pillow.lower()[:1] + (
            "p" if pillow == "JPEG" else pillow.lower()[1]
        )
    assert suffix_told(b"words" * 100) == suffix_told(b"") == ""


@pytest.mark.usefixtures("fixed")
def test_five_hundred_of_which_twenty_are_broken(tmp_path: Path) -> None:
    kinds = [".jpg", ".png", ".webp", ".bmp", ".tif"]
    for number in range(476):
        photo(tmp_path / "in" / f"{number // 50}" / f"{number}{kinds[number % 5]}", number)
    for number in range(4):
        clips.make(tmp_path / "in" / f"clip{number}.mp4", clips.Clip(times=tuple(range(4))))
    for number in range(20):
        whole = (tmp_path / "in" / "0" / f"{number}{kinds[number % 5]}").read_bytes()
        harm = [b"", b"\xff\xd8\xffrubbish", whole[: len(whole) // 3], os.urandom(400)][number % 4]
        (tmp_path / "in" / f"broken{number}{kinds[number % 5]}").write_bytes(harm)
    ended = done([tmp_path / "in"], tmp_path / "out")
    assert Counter(o.status for o in ended) == {"done": 480, "failed": 20}
    assert all("broken" in o.error for o in ended if o.failed)
    assert len([p for p in (tmp_path / "out").rglob("*") if p.is_file() and not p.name.startswith(".")]) == 480
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.*") if p.name != NAME}
    again = done([tmp_path / "in"], tmp_path / "out")
    assert sum(o.earlier for o in again) == 480
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.*") if p.name != NAME}
    assert sorted((o.source, o.faces, o.sha256_out) for o in again) == sorted(
        (o.source, o.faces, o.sha256_out) for o in ended
    )


@pytest.mark.usefixtures("fixed")
def test_what_is_done_is_known_by_content_and_settings(tmp_path: Path) -> None:
    place, out = photo(tmp_path / "x.jpg"), tmp_path / "out"

    def status(**changes: Any) -> str:
        (only,) = done([place], out, replace(FAST, **changes))
        return "earlier" if only.earlier else "exists" if "exists already" in only.error else only.status

    assert [status(), status()] == ["done", "earlier"]
    os.utime(place)
    os.utime(out / "x.jpg")
    assert status() == "earlier"
    assert status(style="solid") == "exists"
    assert status(force=True) == "done"
    photo(place, 2)
    assert status() == "exists"
    photo(place, 0)
    assert status() == "earlier"
    (out / "x.jpg").write_bytes(b"mine")
    assert status() == "exists"
    assert (out / "x.jpg").read_bytes() == b"mine"
    (out / "x.jpg").unlink()
    assert status() == "done"


@pytest.mark.usefixtures("fixed")
def test_an_output_that_was_claimed_is_made_again_and_only_that(tmp_path: Path) -> None:
    place, out = photo(tmp_path / "x.jpg"), tmp_path / "out"
    out.mkdir()
    journal = Journal(out)
    journal.add("x.jpg", "claimed", at=time.time_ns())
    journal.close()
    (out / "x.jpg").write_bytes(b"renamed just before the power went")
    assert [o.status for o in done([place], out)] == ["done"]
    (out / "x.jpg").write_bytes(b"somebody's, from long ago")
    os.utime(out / "x.jpg", (10**9, 10**9))
    journal = Journal(out)
    journal.add("x.jpg", "claimed", at=time.time_ns())
    journal.close()
    assert [o.failed for o in done([place], out)] == [True]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["a.jpg", "b.jpg", "-o", "both.jpg"], "name a folder"),
        (["a.jpg", "b.jpg", "-o", "notes.txt"], "name a folder"),
        (["a.jpg", "b.jpg", "-o", "-"], "standard output"),
        (["a.jpg", "-"], "only input"),
        (["empty"], "holds no photo or video; -r looks"),
        (["*.webm"], "no file matches"),
        ([".", "--report", "log.txt"], "suffix of a log"),
        ([".", "--style", "picture"], "--picture FILE"),
        (["a.jpg", "b.jpg", "./c/../a_blurred.jpg"], "an input"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "a_blurred.jpg", "c/d.jpg"):
        photo(tmp_path / name)
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    (tmp_path / "notes.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(main, ["blur", *arguments])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert why in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_the_journal_is_private_survives_a_cut_and_is_held_by_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    journal.add("a.jpg", "done", facts=1)
    with pytest.raises(OutputError, match="another batch"):
        Journal(tmp_path)
    journal.close()
    with (tmp_path / NAME).open("a") as file:
        file.write('{"output": "b.jpg", "sta')
    journal = Journal(tmp_path)
    journal.add("c.jpg", "done", facts=2)
    journal.close()
    assert {name: record["facts"] for name, record in records(tmp_path).items()} == {"a.jpg": 1, "c.jpg": 2}


def test_the_digest_of_settings_tells_what_is_written_apart() -> None:
    assert settings_digest(FAST) == settings_digest(replace(FAST, force=True))
    assert settings_digest(FAST) != settings_digest(replace(FAST, margin=0.3))


@pytest.mark.usefixtures("fixed")
def test_a_folder_that_cannot_be_written_fails_its_files_only(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.jpg"), photo(tmp_path / "in" / "sub" / "b.jpg")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").write_text("a file where a folder should be")
    ended = {Path(o.source).name: o for o in done([tmp_path / "in"], tmp_path / "out")}
    assert ended["a.jpg"].status == "done"
    assert ended["b.jpg"].failed


def outcome(**known: Any) -> Outcome:
    return Outcome(**{"source": "in.jpg", "output": "out.jpg", "status": "done", **known})


def test_the_log_as_csv_and_json_lines(tmp_path: Path) -> None:
    told = outcome(source="=1+1.jpg", faces=2, boxes=[[[1.0, 2.0, 3.0, 4.0]]], smallest=3.5, notes=["a, b"])
    for name in ("log.csv", "log.jsonl"):
        log = Log(tmp_path / name, replace(FAST, margin=0.4))
        log.add(told)
        log.add(outcome(status="failed", error="x is broken\nindeed", source="\udcff.jpg"))
        assert not (tmp_path / name).exists()
        log.close()
        log.abort()
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["file"] == "'=1+1.jpg"
    assert json.loads(first["boxes"]) == [[[1.0, 2.0, 3.0, 4.0]]]
    assert json.loads(first["settings"]) == {"preset": "ultrafast", "margin": 0.4}
    assert second["error"] == "x is broken\nindeed"
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert (lines[0]["file"], lines[0]["smallest_face"], lines[1]["status"]) == ("=1+1.jpg", 3.5, "failed")
    with pytest.raises(OutputError, match="suffix of a log"):
        Log(tmp_path / "photo.jpg", FAST)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.usefixtures("fixed")
def test_a_line_of_the_log_says_what_was_seen(tmp_path: Path) -> None:
    clips.make(tmp_path / "clip.mp4", clips.Clip())
    photo(tmp_path / "photo.png", size=(100, 100))
    frames = [Image.new("RGB", (20, 20), (n, 0, 0)) for n in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=40)
    frames[0].save(tmp_path / "pages.tif", save_all=True, append_images=frames[1:])
    ended = {Path(o.source).name: o for o in done([tmp_path], tmp_path / "out")}
    assert {name: (o.kind, o.frames) for name, o in ended.items()} == {
        "clip.mp4": ("video", 12),
        "photo.png": ("photo", 1),
        "moving.gif": ("animation", 3),
        "pages.tif": ("pictures", 3),
    }
    assert ended["photo.png"].boxes == [[[20.0, 20.0, 50.0, 60.0]]]
    assert ended["photo.png"].smallest == 30.0
    assert len(ended["pages.tif"].boxes) == 3
    assert ended["clip.mp4"].boxes == []
    assert (ended["clip.mp4"].faces, ended["clip.mp4"].face_frames) == (1, 12)
    for told in ended.values():
        assert told.sha256_in == digest(Path(told.source))
        assert told.sha256_out == digest(Path(told.output))


def test_the_time_left_follows_what_was_done_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # a thread that would stay
    with tqdm(total=20, smoothing=0, file=io.StringIO()) as bar:
        lines = Lines(True, False, bar)
        for number in range(12):
            lines.ended(replace(outcome(), earlier=number < 10))
            lines.now({})
        told = bar.format_dict
    assert (told["n"], told["initial"], told["rate"]) == (12, 10, None)  # so the rate is 2 files in the time till now


def test_there_is_always_a_job_and_never_more_than_files() -> None:
    assert default_jobs(1) == 1
    assert 1 <= default_jobs(1000) <= (os.cpu_count() or 1)
    assert free_memory() > 1 << 20


def test_a_detector_used_again_sees_what_a_new_one_sees() -> None:
    import scenes

    pictures = [np.ascontiguousarray(frame) for frame, _ in scenes.SCENES["two"].pictures()][:3]
    for name in ("auto", "mediapipe", "mediapipe+yunet" if "STREAMBLUR_MODELS" in os.environ else "mediapipe"):
        shelf = Shelf()
        lent = shelf.lend(Settings(detector=name))
        first = [lent.detect(picture) for picture in pictures]
        lent.close()
        again = shelf.lend(Settings(detector=name))
        assert [again.detect(picture) for picture in pictures] == first
        again.close()
        again.close()
        shelf.close()


def test_one_detector_serves_all_pages_and_files_and_forgets_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Telling(runs.Fixed):
        def __init__(self) -> None:
            said.append("new")

        def detect(self, image: Any) -> Any:
            said.append("look")
            return super().detect(image)

        def forget(self) -> None:
            said.append("forget")

    monkeypatch.setattr(rooms, "detector_for", lambda settings: Telling())
    pages = [Image.new("RGB", (20, 20), (n, 0, 0)) for n in range(3)]
    pages[0].save(tmp_path / "1.tif", save_all=True, append_images=pages[1:])
    photo(tmp_path / "2.png")
    assert {o.status for o in done([tmp_path], tmp_path / "out")} == {"done"}
    assert said == ["new", "look", "forget", "look", "forget", "look", "forget", "look", "forget"]


def batch(*arguments: str | Path, **how: Any) -> subprocess.Popen[str]:
    """The command in a process of its own, with a detector that costs nothing (``batches``)."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    return subprocess.Popen(
        [sys.executable, "-m", "batches", "blur", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        **how,
    )


def test_a_worker_that_is_killed_fails_its_file_only(tmp_path: Path) -> None:
    for name in ("1.jpg", "2 killed.jpg", "3.jpg", "4 crashed.jpg", "5.jpg", "6.jpg"):
        photo(tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("words")
    process = batch(tmp_path / "in", "-o", tmp_path / "out", "-j", "2", "--report", tmp_path / "log.csv")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert names(list((tmp_path / "out").glob("*.jpg")), tmp_path / "out") == ["1.jpg", "3.jpg", "5.jpg", "6.jpg"]
    assert hidden(tmp_path / "out") == []
    assert "signal 9" in err
    assert "signal 11" in err
    table = [line.split() for line in out.splitlines()]
    assert ["done", "4"] in table
    assert ["failed", "2"] in table
    assert any("notes.txt" in line for line in out.splitlines())
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 7


def hidden(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob(".*") if p.name != NAME]


def until(something: Any, limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not something():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_in_the_middle_and_started_again(tmp_path: Path) -> None:
    for number in range(6):
        photo(tmp_path / "in" / f"{number} slow.jpg", number)
    out = tmp_path / "out"
    arguments = (tmp_path / "in", "-o", out, "-j", "2")
    process = batch(*arguments)
    until(lambda: sum(r["state"] == "done" for r in records(out).values()) >= 2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    until(lambda: not left(process.pid))  # its workers see that it is gone, and clean up
    assert hidden(out) == []
    before = {p: p.stat().st_mtime_ns for p in out.glob("*.jpg")}
    remembered = [p for p in before if records(out)[p.name]["state"] == "done"]
    assert 2 <= len(remembered) < 6
    for place in before:
        Image.open(place).load()
    again = batch(*arguments)
    told, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert len(list(out.glob("*.jpg"))) == 6
    known = [p for p, at in before.items() if p.stat().st_mtime_ns == at]
    assert set(known) >= set(remembered)  # only the files in flight are done once more
    assert len(known) >= len(before) - 2
    assert f"of these by an earlier run{len(known):>9}" in told


def left(session: int) -> list[int]:
    """The processes of a session that are still alive."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(state[3]) == session and state[0] != "Z":
            found.append(int(place.name))
    return found


def test_stopping_stops_all_at_once_and_leaves_nothing_partial(tmp_path: Path) -> None:
    for number in range(4):
        photo(tmp_path / "in" / f"{number} slow.jpg", number)
    clips.make(tmp_path / "in" / "a slow.mp4", clips.Clip(times=tuple(range(400))))
    process = batch(tmp_path / "in", "-o", tmp_path / "out", "-j", "2")
    until(lambda: hidden(tmp_path / "out") if (tmp_path / "out").is_dir() else False)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of them get it
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Stopped.\n")
    until(lambda: not left(process.pid), 2)  # Python's own resource tracker ends a moment later
    assert hidden(tmp_path / "out") == []


def test_stopping_while_the_workers_start_is_as_quiet(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.jpg"), photo(tmp_path / "in" / "b.jpg")
    process = batch(tmp_path / "in", "-o", tmp_path / "out")
    until(lambda: (tmp_path / "out" / NAME).is_file() and (tmp_path / "out" / NAME).stat().st_size)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "Stopped.\n")
    until(lambda: not left(process.pid), 2)


@pytest.mark.usefixtures("fixed")
def test_one_file_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    place = photo(tmp_path / "a.jpg")
    result = CliRunner().invoke(main, ["blur", str(place), "-o", f"{tmp_path}/new/deep/"])
    assert result.exit_code == 0, result.output
    assert names([*(tmp_path / "new").rglob("*.*")], tmp_path) == ["new/deep/a.jpg"]
    result = CliRunner().invoke(main, ["blur", str(place), "-o", f"{place}/"])
    assert result.exit_code == 1
    assert "cannot make the folder" in result.output


@pytest.mark.usefixtures("fixed")
def test_one_recording_of_a_kind_that_cannot_be_written(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "a.b.ts", clips.Clip(times=tuple(range(4))))
    result = CliRunner().invoke(main, ["blur", str(made.rename(tmp_path / "a.b.mts"))])
    assert result.exit_code == 0, result.output
    assert names([*tmp_path.glob("*_blurred*")], tmp_path) == ["a.b_blurred.ts"]


def test_through_standard_input_and_output(tmp_path: Path) -> None:
    place = photo(tmp_path / "x.png")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "batches", "blur"]

    def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*command, *arguments], input=data, capture_output=True, timeout=60, env=environment, check=False
        )

    answer = piped(place.read_bytes(), "-")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(b"\x89PNG")
    assert answer.stderr.startswith(b"1 picture, 1 face, ")
    assert answer.stderr.rstrip().endswith(b": standard output")
    assert piped(b"", str(place), "-o", "-").stdout == answer.stdout
    to = piped(place.read_bytes(), "-", "-o", str(tmp_path / "to.png"))
    assert to.stdout.startswith(b"1 picture, 1 face, ")
    assert (tmp_path / "to.png").read_bytes() == answer.stdout
    for data, why in (
        (b"", b"is empty"),
        (b"words" * 200, b"no photo or video"),
        (place.read_bytes()[:99], b"damaged"),
    ):
        failed = piped(data, "-")
        assert (failed.returncode, failed.stdout) == (1, b"")
        assert failed.stderr.startswith(b"Error: standard input")
        assert why in failed.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["to.png", "x.png"]


def test_a_contact_sheet_shows_the_outputs_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one.jpg", "two.jpg"):
        photo(tmp_path / "in" / name)
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff" + bytes(99))
    result = CliRunner().invoke(main, ["blur", "in", "-o", "out", "--report", "sheet.html", "--jobs", "1"])
    assert result.exit_code == 1
    page = (tmp_path / "sheet.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert all(name in page for name in ("one.jpg", "two.jpg", "broken.jpg"))
    assert str(tmp_path) not in page
    again = CliRunner().invoke(main, ["blur", "in", "-o", "out", "--report", "sheet.html"])
    assert again.exit_code == 1
    assert "already there" in again.output
