"""A recording in parts: the same masks as in one go, a whole file, nothing left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip, make, seen
from films import film, pictures
from scenes import RGB, Oracle, Scene, sway, walk

from streamblur import InputError, MissingError, OutputError, Settings, compose, rooms, segments
from streamblur.engine import chapters
from streamblur.engine.looking import Changes, looked
from streamblur.segments import stretches, tasks
from streamblur.segments.handing import Handed
from streamblur.segments.looks import Notebook
from streamblur.sinks import _piece
from streamblur.sinks._partial import PartialFolder
from streamblur.sinks._picture import PictureTrack
from streamblur.values import Box, Detection, Frame, Summary

EXACT: dict[str, Any] = {"codec": "ffv1", "force": True}
NO_NOTE = "not divided among workers"
SCENE = Scene([sway(90, 75, 40, 30), walk((-20, 90), (4, 0), 36, 10)], frames=88, size=(320, 180), cuts=(20, 61))


class Learning(Oracle):
    """Sees worse the longer it has looked: what it says depends on every picture since it last forgot."""

    def __init__(self, truth: Sequence[Sequence[Box]]) -> None:
        super().__init__(truth)
        self.before = 0

    def detect(self, image: RGB) -> list[Detection]:
        self.before += 1
        off = self.before % 7
        shifted = [(d, d.box) for d in super().detect(image)]
        return [replace(d, box=Box(b.left - off, b.top, b.right + off / 2, b.bottom)) for d, b in shifted]

    def forget(self) -> None:
        self.before = 0


class Fixed:
    """Finds one face, always in the same place."""

    def detect(self, image: RGB) -> Sequence[Detection]:
        height, width = image.shape[:2]
        return [Detection(Box(width * 0.2, height * 0.2, width * 0.5, height * 0.6), 0.9, "fixed", 3)]

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chapters of a second."""
    monkeypatch.setattr(chapters, "CHAPTER", 1)
    monkeypatch.setattr(chapters, "LEAD", 1)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Box]]]:
    place = tmp_path_factory.mktemp("scene") / "in.mp4"
    return place, film(place, SCENE)


@pytest.fixture
def looks(scene: tuple[Path, list[list[Box]]], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frames that were looked at by all detectors together."""
    numbers: list[int] = []

    def build(settings: Settings) -> Learning:
        made = Learning(scene[1])
        made.looks = numbers
        return made

    monkeypatch.setattr(rooms, "detector_for", build)
    return numbers


@pytest.fixture
def workers() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def same(one: Path, other: Path) -> bool:
    """Whether all pictures are, to the bit."""
    a, b = pictures(one), pictures(other)
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def left(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if "partial" in name)


def counts(summary: Summary) -> tuple[int, int, int]:
    return summary.frames, summary.tracks, summary.covered


@pytest.mark.parametrize(
    "chosen",
    [{"style": "pixelate", "region": ("10,10,30,20@1.2-2.6",)}, {"every": 4, "exclude_region": ("60,40,80,60",)}],
    ids=["mosaic", "every 4th"],
)
def test_all_pictures_are_the_same(
    chosen: dict[str, Any], scene: tuple[Path, Any], looks: list[int], workers: Executor, tmp_path: Path
) -> None:
    settings, (source, _) = Settings(**EXACT, **chosen), scene
    whole = compose.run(settings, source, tmp_path / "whole.mkv")
    alone = sorted(looks)
    looks.clear()
    parts = segments.run(workers, settings, source, tmp_path / "parts.mkv")
    assert parts.notes == whole.notes == ()
    assert sorted(looks) == alone
    assert counts(parts) == counts(whole)
    assert same(tmp_path / "whole.mkv", tmp_path / "parts.mkv")
    assert not same(source, tmp_path / "parts.mkv")
    assert left(tmp_path) == []


def test_the_same_from_known_faces(
    scene: tuple[Path, Any], looks: list[int], workers: Executor, tmp_path: Path
) -> None:
    settings, (source, _) = Settings(**EXACT), scene
    faces = compose.detect(settings, source)
    looks.clear()
    settings = replace(settings, keep_face=(faces.tracks[0].id,))
    whole = compose.run(settings, source, tmp_path / "whole.mkv", faces=faces)
    parts = segments.run(workers, settings, source, tmp_path / "parts.mkv", faces=faces)
    assert looks == []
    assert (counts(parts), parts.notes) == (counts(whole), ())
    assert same(tmp_path / "whole.mkv", tmp_path / "parts.mkv")


SOUND = (("aac", "eng"),)
SLOW = tuple(np.cumsum([1 + n % 3 for n in range(44)]).tolist())
PIECES = {"movflags": "frag_keyframe+empty_moov"}
SPARSE = tuple(np.cumsum([30 if n % 4 == 0 else 1 for n in range(40)]).tolist())
GAP = (*range(30), *range(130, 160))
INPUTS: dict[str, tuple[str, Clip]] = {
    "B-frames, varying times": ("mp4", Clip(times=SLOW, options={"g": "250", "bf": "3"}, sound=SOUND)),
    "rare after a mark": ("mp4", Clip(times=(*range(26), *range(35, 300, 10)))),
    "open groups": ("mp4", Clip(times=tuple(range(70)), options={"x264-params": "open-gop=1:keyint=12:bframes=3"})),
    "HEVC, open groups": ("mkv", Clip("libx265", times=tuple(range(60)), options={"x265-params": "keyint=14"})),
    "fragments": ("mp4", Clip(times=tuple(range(5, 65)), options={"g": "12", "bf": "2"}, container=PIECES)),
    "longer than it says": ("mov", Clip(times=SPARSE, options={"g": "250", "bf": "3"})),
    "begins late": ("mp4", Clip(times=tuple(range(37, 100)), sound=SOUND, sound_start=1.5)),
    "a gap": ("mkv", Clip(times=GAP, sound=SOUND)),
    "VP9": ("webm", Clip("libvpx-vp9", times=tuple(range(60)), options={"deadline": "realtime", "cpu-used": "8"})),
    "10 bit": ("mp4", Clip("libx265", "yuv420p10le", times=tuple(range(55)))),
    "turned": ("mov", Clip(times=tuple(range(55)), matrix=(0, 65536, 0, -65536, 0, 0, 64 << 16, 0, 1 << 30))),
}


@pytest.mark.parametrize("name", INPUTS)
def test_any_indexed_file_can_be_divided(
    name: str, workers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "detector_for", lambda settings: Fixed())
    suffix, clip = INPUTS[name]
    source = make(tmp_path / f"in.{suffix}", clip)
    exact = Settings(**EXACT)
    notes = compose.run(exact, source, tmp_path / "whole.mkv").notes
    assert segments.run(workers, exact, source, tmp_path / "parts.mkv").notes == notes
    assert same(tmp_path / "whole.mkv", tmp_path / "parts.mkv")
    usual = Settings(force=True, preset="veryfast")
    compose.run(usual, source, whole := tmp_path / f"whole.{suffix}")
    segments.run(workers, usual, source, parts := tmp_path / f"parts.{suffix}")
    one, other = seen(whole), seen(parts)
    assert (other.times, other.end, other.sounds) == (one.times, one.end, one.sounds)
    assert (other.pixels, other.codec, other.shape) == (one.pixels, one.codec, one.shape)
    assert other.first.rotation == one.first.rotation


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mp4", "libx265"), ("webm", "libsvtav1"), ("ts", "libx264"), ("avi", "libx264")],
)
def test_the_joint_is_no_worse(
    suffix: str, codec: str, scene: tuple[Path, Any], looks: list[int], workers: Executor, tmp_path: Path
) -> None:
    """As an error or a missing reference at a joint would be: the pictures are as near to what was encoded."""
    settings = Settings(codec=codec, preset="veryfast", force=True)
    compose.run(replace(settings, codec="ffv1"), scene[0], tmp_path / "exact.mkv")
    compose.run(settings, scene[0], tmp_path / f"whole.{suffix}")
    assert segments.run(workers, settings, scene[0], tmp_path / f"parts.{suffix}").notes == ()
    exact = pictures(tmp_path / "exact.mkv")
    errors = [
        [float(np.square(a.astype(np.int32) - b).mean()) for a, b in zip(exact, pictures(tmp_path / name), strict=True)]
        for name in (f"whole.{suffix}", f"parts.{suffix}")
    ]
    assert max(errors[1]) < 1.5 * max(errors[0])
    with av.open(tmp_path / f"parts.{suffix}") as container:
        times = [packet.dts or 0 for packet in container.demux(video=0) if packet.size]
    assert all(b > a for a, b in pairwise(times))


def test_without_key_frames_it_is_the_same_or_done_in_one_go(
    workers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a stream mends itself bit by bit after a jump into it: pictures come late, or otherwise than they were."""
    monkeypatch.setattr(rooms, "detector_for", lambda settings: Fixed())
    mends = {"x264-params": "keyint=40:open-gop=1:bframes=5:intra-refresh=1:b-adapt=0"}
    source = make(tmp_path / "in.mkv", Clip(times=SLOW, options=mends))
    whole = compose.run(Settings(**EXACT), source, tmp_path / "whole.mkv")
    parts = segments.run(workers, Settings(**EXACT), source, tmp_path / "parts.mkv")
    assert parts.notes[: len(whole.notes)] == whole.notes
    assert all(NO_NOTE in note for note in parts.notes[len(whole.notes) :])
    assert same(tmp_path / "whole.mkv", tmp_path / "parts.mkv")


@pytest.mark.parametrize("suffix", ["ts", "avi"])
def test_what_has_no_index_is_done_in_one_go(
    suffix: str, workers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "detector_for", lambda settings: Fixed())
    source = make(tmp_path / f"in.{suffix}", Clip(times=tuple(range(60))))
    settings = Settings(codec="libx264", crf=0)  # nothing is lost: x264 now and then writes other bits for the same
    whole = compose.run(settings, source, tmp_path / f"whole.{suffix}")
    parts = segments.run(workers, settings, source, tmp_path / f"parts.{suffix}")
    assert parts.notes == (*whole.notes, f"{NO_NOTE}: its container has no index of exact times")
    assert same(tmp_path / f"whole.{suffix}", tmp_path / f"parts.{suffix}")


def test_what_another_machine_reads_otherwise_is_done_in_one_go(
    scene: tuple[Path, Any], looks: list[int], workers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, detect = Settings(**EXACT), Notebook.detect
    compose.run(settings, scene[0], tmp_path / "whole.mkv")

    def otherwise(self: Notebook, image: RGB) -> Any:
        image = image.copy()
        image[-1, -1, -1] ^= len(self.sights) == 3
        return detect(self, image)

    monkeypatch.setattr(Notebook, "detect", otherwise)
    parts = segments.run(workers, settings, scene[0], tmp_path / "parts.mkv")
    assert parts.notes == (f"{NO_NOTE}: other pictures were read elsewhere",)
    assert same(tmp_path / "whole.mkv", tmp_path / "parts.mkv")


def test_pieces_of_another_encoder_are_not_joined(
    scene: tuple[Path, Any], looks: list[int], workers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, begin = Settings(**EXACT), PictureTrack.begin
    compose.run(settings, scene[0], tmp_path / "whole.mkv")
    alone = sorted(looks)
    looks.clear()
    here = threading.get_ident()
    monkeypatch.setattr(
        PictureTrack,
        "begin",
        lambda self, first: begin(self, first) + (b"" if threading.get_ident() == here else b"!"),
    )
    parts = segments.run(workers, settings, scene[0], tmp_path / "parts.mkv")
    assert parts.notes == (f"{NO_NOTE}: another encoder was used elsewhere",)
    assert sorted(looks) == alone, "what was found is used, nobody looks again"
    assert same(tmp_path / "whole.mkv", tmp_path / "parts.mkv")


def _lacks(patch: pytest.MonkeyPatch) -> None:
    mine = tasks.likeness()
    here = threading.get_ident()
    patch.setattr(tasks, "likeness", lambda: mine if threading.get_ident() == here else mine | {"av": "1.0"})


def _another_file(patch: pytest.MonkeyPatch) -> None:
    job = tasks.Job
    patch.setattr(tasks, "Job", lambda settings, source, size, *rest: job(settings, source, size + 1, *rest))


def _fails(patch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OSError("the disk is on fire")

    patch.setattr(PictureTrack, "encode", broken)


@pytest.mark.parametrize(
    ("harm", "error", "says"),
    [
        (_lacks, MissingError, "av 1.0, not"),
        (_another_file, InputError, "another file"),
        (_fails, OutputError, "cannot write .*out.mkv: the disk is on fire"),
    ],
)
def test_what_goes_wrong_elsewhere_is_told_and_leaves_nothing(
    harm: Callable[[pytest.MonkeyPatch], None],
    error: type[Exception],
    says: str,
    scene: tuple[Path, Any],
    looks: list[int],
    workers: Executor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harm(monkeypatch)
    with pytest.raises(error, match=says):
        segments.run(workers, Settings(**EXACT), scene[0], tmp_path / "out.mkv")
    assert os.listdir(tmp_path) == []


def test_ctrl_c_leaves_nothing_and_stops_the_workers(
    scene: tuple[Path, Any], looks: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_SECONDS", 0.0)
    ended: list[str] = []
    one = threading.Event()  # a piece is there: the others take so long that a slow machine stops them, too

    def report(progress: object) -> None:
        if len(os.listdir(next(tmp_path.glob(".*.streamblur-partial/")))) > 1:
            raise KeyboardInterrupt

    def slow(*values: Any) -> Any:
        try:
            piece = cover(*values)
        except tasks.Unwanted as stopped:
            ended.append(str(stopped))
            raise
        one.set()
        return piece

    cover = tasks.cover
    write = _piece.Piece.write
    monkeypatch.setattr(tasks, "cover", slow)

    def slowly(self: _piece.Piece, frame: Any) -> None:
        time.sleep(0.3 if one.is_set() else 0.02)
        write(self, frame)

    monkeypatch.setattr(_piece.Piece, "write", slowly)
    with ThreadPoolExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
        segments.run(executor, Settings(**EXACT), scene[0], tmp_path / "out.mkv", report)
    assert os.listdir(tmp_path) == []
    assert ended


def test_what_a_dead_run_left_is_swept(tmp_path: Path) -> None:
    dead, living = PartialFolder(tmp_path / "out.mp4"), PartialFolder(tmp_path / "other.mp4")
    (dead.path / "piece-0").write_bytes(b"half")
    os.close(os.dup(dead._lock.fileno()))
    dead._lock.close()
    alive = PartialFolder(tmp_path / "other.mp4")
    again = PartialFolder(tmp_path / "out.mp4")
    assert sorted(left(tmp_path)) == sorted(each.path.name for each in (living, alive, again))
    assert oct(again.path.stat().st_mode & 0o777) == "0o700"
    for each in (living, alive, again):
        each.vanish()
    assert os.listdir(tmp_path) == []


class Dying(Executor):
    """Loses the first ``times`` tasks."""

    def __init__(self, times: int) -> None:
        self.times = times

    def submit(self, task: Callable[..., Any], /, *values: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.times -= 1
        if self.times >= 0:
            future.set_exception(BrokenExecutor("killed"))
        else:
            future.set_result(task(*values))
        return future


def test_a_task_is_handed_out_again_but_not_for_ever() -> None:
    assert Handed(Dying(2), max, 3, 4).result() == 4
    with pytest.raises(OutputError, match="too many workers"):
        Handed(Dying(3), max, 3, 4).result()
    with pytest.raises(TypeError):
        Handed(Dying(0), max, 3, "4").result()


def test_a_worker_without_streamblur_is_told() -> None:
    class Bare(Dying):
        def submit(self, task: Callable[..., Any], /, *values: Any, **_: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(ModuleNotFoundError("No module named 'streamblur'", name="streamblur"))
            return future

    with pytest.raises(MissingError, match="a worker cannot import streamblur"):
        Handed(Bare(0), max, 3, 4).result()


def test_progress_goes_to_the_end(scene: tuple[Path, Any], looks: list[int], workers: Executor, tmp_path: Path) -> None:
    told: list[Any] = []
    segments.run(workers, Settings(**EXACT), scene[0], tmp_path / "out.mkv", told.append)
    frames = [each.frames for each in told]
    assert frames == sorted(frames)
    assert (frames[-1], told[-1].total) == (SCENE.frames, SCENE.frames)
    assert frames[0] <= 1


def _shaking(numbers: Sequence[int]) -> list[Frame]:
    """Pictures that change as a whole, a little more than a cut does, all the time."""
    frames = []
    for number in numbers:
        picture = av.VideoFrame.from_ndarray(np.full((96, 96), 100 + 24 * (number % 2), np.uint8), "gray")
        frames.append(Frame(picture, number, Fraction(1, 25)))
    return frames


def test_a_chapter_knows_what_is_usual_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each chapter of a shaking picture would begin with cuts, which end hindsight."""
    monkeypatch.setattr(chapters, "CHAPTER", 4)
    cuts = [one.cut for one in looked(_shaking(range(50, 175)), Fixed(), None, 128)]
    assert not any(cuts[51:])
    changes = Changes()
    begun = [changes.cut(frame) for frame in _shaking(range(75, 101))]
    changes.begin(1)
    assert begun[1:] == [True] * 25
    assert changes._usual == pytest.approx(24 / 255)


def test_every_chapter_is_looked_at_from_its_first_frame_on() -> None:
    frames = [Frame(each.picture, 7 * n, each.time_base) for n, each in enumerate(_shaking([0] * 40))]
    seen = [one.frame.pts for one in looked(frames, Fixed(), 100, 128) if one.seen is not None]
    firsts = [next(f.pts for f in frames if chapters.chapter(f) == k) for k in range(11)]
    assert seen == [*firsts, frames[-1].pts]


def test_faces_are_divided_without_loss(scene: tuple[Path, Any], looks: list[int]) -> None:
    faces = compose.detect(Settings(), scene[0])
    parts = list(stretches.divided(faces))
    assert [len(part.faces.times) for part in parts] == [25, 25, 25, 13]
    covers = [part.faces.covers(n) for part in parts for n in range(len(part.faces.times))]
    assert covers == [faces.covers(n) for n in range(len(faces.times))]
    lists = [np.concatenate([p.faces.looked + 25 * p.number for p in parts]), faces.looked]
    assert lists[0].tolist() == lists[1].tolist()
