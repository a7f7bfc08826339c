"""Looking again at what was written: what is left is found, what is hidden is not, and it can be mended."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from films import film, told
from scenes import SCENES, Scene

from streamblur import InputError, Settings, compose, models, rooms
from streamblur.cli import main
from streamblur.detectors._eyes import ALONE, closer
from streamblur.detectors._jury import Jury
from streamblur.detectors._second import Judge
from streamblur.exposure import detailed
from streamblur.faces import Faces, file
from streamblur.ports import Image
from streamblur.proving import Proof, prove
from streamblur.values import Box, Detection
from streamblur.verify import verify
from streamblur.verify._joining import Sight, findings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.verify.planted import Planted, opened

FAST: dict[str, Any] = {"preset": "ultrafast", "crf": 18}
SCENE = Scene(SCENES["two"].paths, frames=30)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Faces, list[list[Box]]]:
    place = tmp_path_factory.mktemp("film") / "two.mp4"
    truth = film(place, SCENE)
    with pytest.MonkeyPatch.context() as patch:
        told(patch, truth)
        return place, compose.detect(Settings(), place), truth


def with_hole(clip: Path, faces: Faces, truth: list[list[Box]], frames: tuple[int, ...], half: bool, to: Path) -> Path:
    """The clip with every face hidden but the second one, on these frames, or half of it."""
    holed = opened(faces, Planted("", frames, tuple(truth[n][1] for n in frames)), half, 0)
    compose.run(Settings(**FAST), clip, to, faces=holed)
    return to


@pytest.mark.parametrize("style", ["blur", "pixelate", "solid"])
def test_a_clean_output_is_clean(two: tuple[Path, Faces, Any], tmp_path: Path, style: str) -> None:
    clip, faces, _ = two
    compose.run(Settings(style=style, **FAST), clip, tmp_path / "o.mp4", faces=faces)
    assert verify(tmp_path / "o.mp4", clip, faces).findings == ()
    assert verify(tmp_path / "o.mp4").findings == ()


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("number", [0, 13, 29])
def test_one_open_frame_is_found(two: tuple[Path, Faces, Any], tmp_path: Path, number: int, half: bool) -> None:
    clip, faces, truth = two
    output = with_hole(clip, faces, truth, (number,), half, tmp_path / "o.mp4")
    (found,) = verify(output, clip, faces).findings
    assert (found.frames, found.places[0][0]) == (1, number)
    assert found.start == pytest.approx(faces.seconds(number))
    x, y = found.box.center
    face = truth[number][1]
    assert face.left < x < face.right
    assert face.top < y < face.bottom
    assert found.track == next(c.track for c in faces.covers(number) if abs(c.box.left - face.left) < 30)
    assert half or verify(output).findings != ()


def test_what_a_person_left_visible_is_no_finding(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, _ = two
    kept = Settings(keep_face=(1,), **FAST)
    compose.run(kept, clip, tmp_path / "o.mp4", faces=faces)
    assert verify(tmp_path / "o.mp4", clip, faces, kept).findings == ()
    assert len(verify(tmp_path / "o.mp4", clip, faces).findings) == 1
    file.write(faces, tmp_path / "f.json")
    asked = ["verify", str(tmp_path / "o.mp4"), "--original", str(clip), "--keep-face", "1", "--strict"]
    assert CliRunner().invoke(main, [*asked, "--faces", str(tmp_path / "f.json")]).exit_code == 0
    assert "needs a faces file" in CliRunner().invoke(main, asked).output
    spared = Settings(exclude_region=("0,0,640,360",), **FAST)
    compose.run(spared, clip, tmp_path / "p.mp4", faces=faces)
    assert verify(tmp_path / "p.mp4", clip, None, spared).findings == ()
    asked = ["verify", str(tmp_path / "p.mp4"), "--strict"]
    assert CliRunner().invoke(main, asked).exit_code == 3
    assert CliRunner().invoke(main, [*asked, "--exclude-region", "0,0,640,360"]).exit_code == 0


def test_files_that_do_not_belong_together_are_refused(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, *_ = two
    film(tmp_path / "small.mp4", Scene([], frames=3, size=(320, 180)))
    film(tmp_path / "short.mp4", Scene([], frames=3))
    with pytest.raises(InputError, match="not of one size"):
        verify(tmp_path / "small.mp4", clip)
    with pytest.raises(InputError, match="different numbers of frames"):
        verify(tmp_path / "short.mp4", clip)
    with pytest.raises(InputError, match="found in another input"):
        verify(tmp_path / "short.mp4", tmp_path / "short.mp4", two[1])


def test_what_is_found_is_mended(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, truth = two
    holed = opened(faces, Planted("", (12, 13), tuple(truth[n][1] for n in (12, 13))), False, 0)
    output = tmp_path / "o.mp4"
    seen = prove(Settings(**FAST), clip, output, Proof(verify=True, faces=holed))
    assert len(seen.unresolved) == 1
    again = prove(Settings(force=True, **FAST), clip, output, Proof(repair=True, faces=holed))
    assert (again.rounds, again.unresolved) == (1, ())
    assert [len(again.faces.covers(n)) for n in (12, 13)] == [2, 2]
    assert again.summary.tracks == seen.summary.tracks == 2, "a face that was mended is the one it was"
    assert verify(output, clip).findings == ()


def test_a_face_nobody_knew_is_mended_as_one_more(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, _ = two
    known = replace(faces, tracks=faces.tracks[:1])
    again = prove(Settings(**FAST), clip, tmp_path / "o.mp4", Proof(repair=True, faces=known))
    assert (again.summary.tracks, again.unresolved) == (2, ())
    (new,) = (track for track in again.faces.tracks if track.id != known.tracks[0].id)
    assert not new.added
    assert set(again.faces.detectors) == {*known.detectors, "second look"}
    assert new.by.any()


def test_the_command_says_what_is_left_and_strict_is_exit_code_3(two: tuple[Path, Faces, Any], tmp_path: Path) -> None:
    clip, faces, truth = two
    output = with_hole(clip, faces, truth, (13,), False, tmp_path / "o.mp4")
    file.write(faces, tmp_path / "f.json")
    asked = ["verify", str(output), "--original", str(clip), "--faces", str(tmp_path / "f.json")]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    assert "Face left: 0:00.52, 1 frame," in result.stdout
    assert "\nEyes: " in result.stdout
    assert "MediaPipe" in result.stdout
    assert result.stdout.endswith("Looked again at 30 frames: 1 place where a face can be seen.\n")
    assert CliRunner().invoke(main, [*asked, "--strict"]).exit_code == 3
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "no.mp4")]).exit_code == 1


def test_blur_verifies_and_strict_is_exit_code_3(
    two: tuple[Path, Faces, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, faces, _ = two
    output = str(tmp_path / "o.mp4")
    file.write(replace(faces, tracks=faces.tracks[:1]), tmp_path / "f.json")
    asked = ["blur", str(clip), "-o", output, "--force", "--preset", "ultrafast", "--faces", str(tmp_path / "f.json")]
    assert CliRunner().invoke(main, [*asked, "--strict"]).exit_code == 3
    result = CliRunner().invoke(main, [*asked, "--strict", "--repair"])
    assert result.exit_code == 0, result.output
    assert "Mended and written again: " in result.stdout


def sights(*seen: tuple[int, float, float]) -> list[Sight]:
    """Of one face: frame, score, share of its detail that shows."""
    return [Sight(n, n / 25, Detection(Box(0, 0, 40, 50), score, "yunet"), shown) for n, score, shown in seen]


@pytest.mark.parametrize(
    ("seen", "with_original", "alone"),
    [
        ([(3, 0.7, 0.4)], 0, 0),
        ([(3, 0.7, 0.4), (4, 0.7, 0.4)], 1, 0),
        ([(3, 0.82, 0.4)], 1, 0),
        ([(3, 0.7, 0.6)], 0, 1),
        ([(3, 0.55, 0.9)], 0, 0),
        ([(3, 0.9, 0.35)], 1, 1),
        ([(3, 0.9, 1.0), (30, 0.9, 1.0)], 2, 2),
    ],
)
def test_the_less_shows_the_surer_it_must_be(
    seen: list[tuple[int, float, float]], with_original: int, alone: int
) -> None:
    assert len(findings(sights(*seen), None, True)) == with_original
    assert len(findings(sights(*seen), None, False)) == alone


def sight(number: int, left: float, score: float = 0.9, top: float = 0) -> Sight:
    return Sight(number, number / 10, Detection(Box(left, top, left + 40, top + 50), score, "yunet"), 1.0)


@pytest.mark.parametrize("by_content", [True, False])
def test_what_is_side_by_side_is_one_place(by_content: bool) -> None:
    bouquet = [sight(0, 100), sight(0, 104, 0.8), sight(0, 150), sight(1, 195), sight(2, 130, top=60)]
    (found,) = findings(bouquet, None, by_content)
    assert (found.start, found.end, found.frames) == (0.0, 0.2, 3)
    assert found.places == ((0, Box(100, 0, 190, 50)), (1, Box(195, 0, 235, 50)), (2, Box(130, 60, 170, 110)))
    far = [sight(0, 100), sight(0, 190), sight(12, 100)]
    assert [place.places[0] for place in findings(far, None, by_content)] == [
        (0, Box(100, 0, 140, 50)),
        (0, Box(190, 0, 230, 50)),
        (12, Box(100, 0, 140, 50)),
    ]


def test_one_face_seen_twice_on_one_frame_is_not_two_frames() -> None:
    assert findings([sight(3, 100, 0.7), sight(3, 102, 0.6)], None, True) == ()


def test_two_faces_that_are_known_are_two_places(two: tuple[Path, Faces, Any]) -> None:
    tracks = tuple(
        replace(track, boxes=track.boxes * 0 + np.array([left, 0, left + 4000, 5000]))
        for track, left in zip(two[1].tracks, (10_000, 15_000), strict=True)
    )
    faces = replace(two[1], tracks=tracks)
    found = findings([sight(0, 100), sight(0, 150), sight(0, 195), sight(1, 100)], faces, True)
    assert [(place.track, place.frames) for place in found] == [(1, 2), (2, 1)]


def test_a_face_that_meets_another_is_not_that_one(two: tuple[Path, Faces, Any]) -> None:
    track = replace(two[1].tracks[0], boxes=two[1].tracks[0].boxes * 0 + np.array([10_000, 0, 14_000, 5000]))
    passing = [replace(sight(n, 200 - 20 * n), shown=0.5 + n / 10) for n in range(5)]
    (found,) = findings(passing, replace(two[1], tracks=(track,)), True)
    assert (found.track, found.worst) == (None, 0.4)
    (found,) = findings(passing[4:], replace(two[1], tracks=(track,)), True)
    assert found.track == track.id


@pytest.mark.parametrize(
    ("views", "agree", "of_little"),
    [([], False, False), ([2], False, False), ([0, 3], True, False), ([3, 4], True, False), ([4, 5], True, True)],
)
def test_a_face_is_one_in_more_than_one_close_up(views: Sequence[int], agree: bool, of_little: bool) -> None:
    """Six close-ups, the two largest last."""
    looks = iter(range(99))

    def strict(sheet: Image) -> list[Detection]:
        place = sheet.shape[0] / 4  # of four close-ups the first
        face = Box(place / 2, place / 2, place * 1.5, place * 1.5)
        return [Detection(face, 0.5, "yunet")] if next(looks) in views else []

    jury, picture = Jury(lambda sheet: [], strict), np.zeros((90, 90, 3), np.uint8)
    assert jury.agrees(picture, Box(20, 20, 60, 60)) is agree
    looks = iter(range(99))
    assert jury.agrees(picture, Box(20, 20, 60, 60), little=True) is of_little


def test_one_network_alone_says_so_and_sees_a_face_in_several_close_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "place", lambda name: None)
    picture, face = np.zeros((200, 200, 3), np.uint8), Box(60, 50, 100, 100)
    with closing(rooms.eyes(Settings(), 640)) as eyes:
        assert eyes.names == (ALONE,)
        assert eyes.agree(picture, face, little=True)
    looks = iter(range(99))

    def of(views: Sequence[int], beside: float = 0.0) -> Judge:
        """Sees the face with 0.9 in some of the close-ups, which it fills to 1/1.5, 1/2 and 1/3."""

        def judge(view: Image) -> list[tuple[Detection, complex]]:
            number, side = next(looks), view.shape[0]
            high = side / (1.5, 2.0, 3.0)[number // 2]
            left, top = (side - high * 0.8) / 2 + beside * high, (side - high) / 2
            box = Box(left, top, left + high * 0.8, top + high)
            return [(Detection(box, 0.9, "mediapipe"), 1 + 0j)] if number in views else []

        return judge

    assert closer(picture, face, of(range(6))) == 1
    looks = iter(range(99))
    assert closer(picture, face, of((0, 2, 3, 5))) == pytest.approx(0.9 * 4 / 6 / 0.66 * 0.8)
    looks = iter(range(99))
    assert closer(picture, face, of(range(6), beside=0.5)) == 0, "it means another place"


def test_detail_is_what_a_blurred_face_or_a_mosaic_has_not() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 80)).astype(np.uint8)
    cells = np.kron(np.random.default_rng(1).integers(40, 220, (5, 5)), np.ones((16, 16))).astype(np.uint8)
    whole = Box(0, 0, 80, 80)
    assert detailed(noise, whole) == 1
    assert detailed(cells, whole) == 0
    assert detailed(np.full((80, 80), 90, np.uint8), whole) == 0
    assert detailed(noise, Box(0, 0, 4, 4)) == 0
