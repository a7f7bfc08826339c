"""The meter of benchmarks/leak finds what we hid from it: known leaks, known masks, known answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import RATE, Scene, sway, walk

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.leak.__main__ import main
from benchmarks.leak.bounds import Share, upper
from benchmarks.leak.meter import measure
from benchmarks.leak.report import Report, bin_of
from benchmarks.leak.tool import command, run
from benchmarks.leak.truth import Truth, linked
from streamblur.geometry import grown, moved
from streamblur.values import Box

RGB = NDArray[np.uint8]
Edit = Callable[[RGB, int, list[Box]], None]
ONE = Scene([sway(320, 180, 70, 30)], frames=30)
TWO = Scene([sway(180, 180, 70, 20), walk((460, 170), (1, 0), 26)], frames=30)
SHOTS = Scene([walk((150, 150), (1, 0), 70, 0, 15), walk((450, 200), (-1, 0), 60, 15)], frames=30, cuts=(15,))
NOBODY = Scene([], frames=30)


def write(place: Path, pictures: Iterator[RGB], crf: int = 6) -> Path:
    with av.open(place, "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *ONE.size, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return place


def edited(scene: Scene, edit: Edit) -> Iterator[RGB]:
    for number, (canvas, faces) in enumerate(scene.pictures()):
        edit(canvas, number, faces)
        yield canvas


def fill(canvas: RGB, box: Box, color: int = 20) -> None:
    left, top, right, bottom = (max(0, round(edge)) for edge in (box.left, box.top, box.right, box.bottom))
    canvas[top:bottom, left:right] = color


def hiding(exposed: Sequence[int] = (), margin: float = 0.1) -> Edit:
    """Every face filled, but on the ``exposed`` frames."""

    def edit(canvas: RGB, number: int, faces: list[Box]) -> None:
        for face in faces if number not in exposed else []:
            fill(canvas, grown(face, margin))

    return edit


def nothing(canvas: RGB, number: int, faces: list[Box]) -> None:
    pass


def measured(folder: Path, scene: Scene, edit: Edit, crf: int = 6, cuts: tuple[int, ...] | None = None) -> Report:
    original = write(folder / "original.mp4", edited(scene, nothing))
    output = write(folder / "output.mp4", edited(scene, edit), crf)
    return measure(original, output, Truth([faces for _, faces in scene.pictures()], cuts))


def test_an_untouched_copy_shows_everyone(tmp_path: Path) -> None:
    found = measured(tmp_path, TWO, nothing)
    assert found.leak == Share(60, 60)
    assert found.widths == {"64-128": Share(30, 30), "24-32": Share(30, 30)}
    assert found.tracks == found.onset_tracks == Share(2, 2)
    assert (found.longest, found.gaps, found.onset) == (30, 0, Share(60, 60))
    assert (found.masked, found.outside, found.false_masks, found.jitter) == (0, 0, 0, None)
    assert (found.frames, found.missing, found.unclear) == (30, 0, 0)
    assert found.seconds == pytest.approx(30 / RATE)


def test_filled_faces_show_nobody(tmp_path: Path) -> None:
    found = measured(tmp_path, TWO, hiding())
    assert (found.leak, found.tracks, found.longest, found.onset) == (Share(0, 60), Share(0, 2), 0, Share(0, 0))
    assert found.outside == 0
    assert found.leak.bound == pytest.approx(3 / 60, rel=0.05)


def test_one_exposed_frame_is_found(tmp_path: Path) -> None:
    found = measured(tmp_path, ONE, hiding(exposed=[14]))
    assert found.leak == Share(1, 30)
    assert (found.tracks, found.longest, found.gaps) == (Share(1, 1), 1, 1)
    assert (found.onset, found.onset_tracks) == (Share(0, 1), Share(0, 1))


def test_a_face_covered_late_is_an_onset_leak(tmp_path: Path) -> None:
    found = measured(tmp_path, ONE, hiding(exposed=[0, 1, 2, 3, 4, 20]))
    assert (found.onset, found.onset_tracks) == (Share(5, 6), Share(1, 1))
    assert (found.longest, found.gaps) == (5, 1)


def test_a_long_gap_is_a_run_and_no_flicker(tmp_path: Path) -> None:
    found = measured(tmp_path, ONE, hiding(exposed=range(8, 20)))
    assert (found.longest, found.gaps) == (12, 0)


@pytest.mark.parametrize("cuts", [None, (15,)], ids=["found", "known"])
def test_leaks_after_a_cut(tmp_path: Path, cuts: tuple[int, ...] | None) -> None:
    found = measured(tmp_path, SHOTS, hiding(exposed=[3, 15, 16]), cuts=cuts)
    assert (found.cuts, found.after_cuts) == (1, Share(2, 10))
    assert (found.tracks, found.onset) == (Share(2, 2), Share(2, 3))


def test_a_mask_away_from_every_face(tmp_path: Path) -> None:
    def edit(canvas: RGB, number: int, faces: list[Box]) -> None:
        hiding()(canvas, number, faces)
        if number in (*range(5, 15), *range(22, 25)):
            fill(canvas, Box(40, 220, 140, 320), 250)

    found = measured(tmp_path, ONE, edit)
    share = 13 * 100 * 100 / (640 * 360 * 30)
    assert found.over_blur == pytest.approx(share, rel=0.1)
    assert (found.false_masks, found.false_frames) == (2, Share(13, 30))
    assert found.false_per_minute == pytest.approx(2 * 60 * RATE / 30)


def test_a_mask_is_as_large_as_it_is(tmp_path: Path) -> None:
    found = measured(tmp_path, NOBODY, lambda canvas, number, faces: fill(canvas, Box(200, 100, 360, 220), 250))
    assert found.masked_share == found.over_blur == pytest.approx(160 * 120 / (640 * 360), rel=0.1)


def test_a_shaking_mask(tmp_path: Path) -> None:
    def edit(canvas: RGB, number: int, faces: list[Box]) -> None:
        fill(canvas, grown(moved(faces[0], 8 if number % 2 else -8, 0), 0.5), 250)

    still = Scene([walk((320, 180), (0, 0), 70)], frames=30)
    found = measured(tmp_path, still, edit)
    assert found.jitter == pytest.approx(32 / 70 / np.sqrt(2), rel=0.1)  # 4 x 8 pixels in x, none in y
    calm = measured(tmp_path, still, lambda canvas, number, faces: fill(canvas, grown(faces[0], 0.5), 250))
    assert calm.jitter == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("crf", [23, 28])
def test_encoding_again_is_no_mask(tmp_path: Path, crf: int) -> None:
    found = measured(tmp_path, TWO, nothing, crf)
    assert (found.masked, found.false_masks) == (0, 0)
    assert found.leak == Share(60, 60)


def test_frames_that_the_output_lacks_are_counted(tmp_path: Path) -> None:
    original = write(tmp_path / "original.mp4", edited(ONE, nothing))
    output = write(tmp_path / "output.mp4", iter(list(edited(ONE, nothing))[:20]))
    found = measure(original, output, Truth([faces for _, faces in ONE.pictures()]))
    assert (found.missing, found.leak) == (10, Share(20, 20))


def test_narrow_faces_stand_apart(tmp_path: Path) -> None:
    scene = Scene([walk((300, 180), (0, 0), 20)], frames=10)
    found = measured(tmp_path, scene, nothing)
    assert (found.leak, found.tracks, found.widths) == (Share(), Share(), {"16-24": Share(10, 10)})


def test_reports_add_up() -> None:
    a = Report(frames=10, longest=3, leak=Share(1, 20), widths={"16-24": Share(1, 2)}, shakes=1, shake=4.0)
    b = Report(frames=5, longest=2, leak=Share(0, 10), widths={"128+": Share(0, 3)}, shakes=3, shake=0.0)
    both = a + b
    assert (both.frames, both.longest, both.leak, both.jitter) == (15, 3, Share(1, 30), 1.0)
    assert both.widths == {"16-24": Share(1, 2), "128+": Share(0, 3)}


def test_the_bound_is_clopper_and_pearsons() -> None:
    assert upper(0, 300) == pytest.approx(1 - 0.05 ** (1 / 300), abs=1e-9)
    assert upper(1, 10) == pytest.approx(0.394163, abs=1e-6)
    assert upper(50, 1000) == pytest.approx(0.0628634, abs=1e-6)
    assert upper(7, 7) == 1.0


@pytest.mark.parametrize(("width", "name"), [(15.9, None), (16, "16-24"), (31.9, "24-32"), (128, "128+")])
def test_bins(width: float, name: str | None) -> None:
    assert bin_of(width) == name


def test_tracks_outlive_a_gap_and_end_at_a_cut() -> None:
    face, other = Box(0, 0, 10, 10), Box(50, 0, 60, 10)
    frames: list[list[Box]] = [[face, other], [], [other, face], [face]]
    assert linked(frames) == [[(0, 0), (2, 1), (3, 0)], [(0, 1), (2, 0)]]
    assert len(linked(frames, cuts=[2])) == 4


def test_any_tool_stands_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.json"
    arguments = ["--clips", "fast", "--work", str(tmp_path), "--json", str(note)]
    assert main([*arguments, "--tool", "cp {input} {output}", "--name", "a plain copy"]) == 0
    assert "a plain copy" in capsys.readouterr().out
    noted = json.loads(note.read_text())
    assert noted["clips"]["fast"]["report"]["leak"]["rate"] == 1.0
    assert noted["overall"]["synthetic"]["leak"] == noted["clips"]["fast"]["report"]["leak"]


def test_a_tool_that_fails_is_not_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--clips", "fast", "--work", str(tmp_path), "--tool", "cp {input}"]) == 1
    assert "FAILED fast: exit code 1. cp: missing destination" in capsys.readouterr().out


def test_a_clip_nobody_knows() -> None:
    with pytest.raises(SystemExit, match="No such clip: nowhere"):
        main(["--clips", "nowhere"])


def test_options_are_added_to_the_command() -> None:
    assert command("tool {input}", ["every=5", "min_face=9", "boxes"]) == "tool {input} --every 5 --min-face 9 --boxes"


def test_what_a_tool_costs(tmp_path: Path) -> None:
    busy = f'{sys.executable} -c \'x = bytearray(80 << 20); sum(range(10**6)); open("{{output}}", "w")\''
    used = run(busy, tmp_path, tmp_path / "output")
    assert used.code == 0
    assert used.wall >= used.cpu / 4 > 0
    assert 80 < used.memory < 200
