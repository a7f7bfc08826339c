"""What every tracker in the room must do, and what the picture adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from scenes import SCENES, Scene, sway, walk

from streamblur.geometry import iou
from streamblur.ports import Tracker
from streamblur.rooms import choices, part
from streamblur.settings import Settings
from streamblur.values import Box, Detection, Frame, Track

ROOM = choices("trackers")


def build(name: str, every: int = 5) -> Tracker:
    return cast(Tracker, part("trackers", name).build(Settings(every=every)))


def seen(boxes: Sequence[Box], score: float = 0.9) -> list[Detection]:
    return [Detection(box, score, "oracle") for box in boxes]


def followed(tracker: Tracker, scene: Scene, every: int = 5, **how: Any) -> list[tuple[Sequence[Track], list[Box]]]:
    """Tracks and truth of each frame, with a look that sees everything on every Nth."""
    missed = how.get("missed", ())
    return [
        (
            tracker.update(
                frame, (seen(truth) if n not in missed else []) if n % every == 0 else None, n in scene.cuts
            ),
            truth,
        )
        for n, (frame, truth) in enumerate(scene.stream())
    ]


def ids(found: Sequence[Track], truth: Sequence[Box]) -> list[int | None]:
    """The number of the track on each true face."""
    best = (max(found, key=lambda track: iou(track.box, face), default=None) for face in truth)
    return [
        track.id if track is not None and iou(track.box, face) > 0.3 else None
        for track, face in zip(best, truth, strict=True)
    ]


def still() -> Frame:
    return next(SCENES["two"].stream())[0]


@pytest.mark.parametrize("name", ROOM)
class TestEvery:
    def test_no_look_keeps_a_track_and_a_look_that_sees_nothing_does_not_at_once_end_it(self, name: str) -> None:
        tracker = build(name)
        (track,) = tracker.update(still(), seen([Box(10, 10, 60, 70)]), False)
        assert track.seen
        (carried,) = tracker.update(still(), None, False)
        (lost,) = tracker.update(still(), [], False)
        assert (carried.id, carried.seen) == (lost.id, lost.seen) == (track.id, False)

    def test_ids_stay_through_crossing(self, name: str) -> None:
        found = followed(build(name), Scene([walk((120, 170), (6, 0), 64), walk((500, 190), (-6, 0), 72)]))
        first, last = ids(*found[10]), ids(*found[45])
        assert first == last
        assert len(set(first)) == 2

    def test_ids_stay_through_fast_motion_of_half_a_face_per_frame(self, name: str) -> None:
        found = followed(build(name), Scene([walk((40, 180), (30, 0), 60)], frames=19), every=1)
        assert len({number for tracks, truth in found for number in ids(tracks, truth)}) == 1

    def test_ids_stay_through_zoom(self, name: str) -> None:
        found = followed(build(name), SCENES["growing"])
        assert len({number for tracks, truth in found[::5] for number in ids(tracks, truth)}) == 1

    def test_a_face_gone_from_one_look_keeps_its_id(self, name: str) -> None:
        found = followed(build(name), Scene([sway(320, 180, 70, 15)]), missed=(20, 25))
        assert ids(*found[15]) == ids(*found[30]) == ids(*found[45])

    def test_tracks_end_at_a_cut(self, name: str) -> None:
        shots = Scene([walk((150, 150), (1, 0), 70, 0, 9), walk((450, 200), (-1, 0), 60, 9)], frames=18, cuts=(9,))
        found = followed(build(name), shots, every=1)
        assert not {t.id for t in found[8][0]} & {t.id for t in found[9][0]}

    def test_a_face_not_seen_for_long_is_forgotten(self, name: str) -> None:
        tracker = build(name)
        frames = [frame for frame, _ in Scene([sway(320, 180, 70, 0)], frames=80).stream()]
        tracker.update(frames[0], seen([Box(10, 10, 60, 70)]), False)
        alive = [bool(tracker.update(frame, [] if n % 5 == 4 else None, False)) for n, frame in enumerate(frames[1:])]
        assert alive[10]
        assert not alive[-1]

    def test_doubtful_sights_add_up_and_very_doubtful_ones_never_begin(self, name: str) -> None:
        tracker = build(name)
        box = Box(10, 10, 60, 70)
        (first,) = tracker.update(still(), seen([box], 0.65), False)
        assert first.score < 0.5
        for _ in range(3):
            (later,) = tracker.update(still(), seen([box], 0.65), False)
        assert later.score >= 0.5
        assert build(name).update(still(), seen([box], 0.3), False) == []

    def test_a_strong_sight_is_enough(self, name: str) -> None:
        (track,) = build(name).update(still(), seen([Box(10, 10, 60, 70)], 0.8), False)
        assert track.score >= 0.5


class TestThePicture:
    def test_ids_stay_through_crossing_faster_than_boxes_overlap(self) -> None:
        found = followed(build("motion"), SCENES["crossing"])
        first, last = ids(*found[10]), ids(*found[45])
        assert first == last
        assert len(set(first)) == 2

    def traced(self, scene: Scene, start: int, stop: int) -> tuple[list[Box], list[Box]]:
        tracker = part("trackers", "motion").build(Settings(hindsight=3.0))
        truth = []
        for frame, boxes in scene.stream():
            tracker.update(frame, None, False)
            truth.append(boxes[0])
        step = 1 if stop > start else -1
        return list(tracker.trace(truth[start], start, stop)), truth[
            start + step : stop + step : step
        ] if stop else truth[start - 1 :: -1]

    @pytest.mark.parametrize(("start", "stop"), [(5, 35), (35, 5)])
    def test_a_face_is_followed_both_ways_by_the_picture_alone(self, start: int, stop: int) -> None:
        path, truth = self.traced(Scene([sway(320, 180, 70, 60)]), start, stop)
        assert len(path) == 30
        assert min(iou(a, b) for a, b in zip(path, truth, strict=True)) > 0.55

    def test_it_ends_where_the_picture_shows_something_else(self) -> None:
        path, _ = self.traced(Scene([sway(320, 180, 70, 5)], cuts=(20,)), 10, 40)
        assert 9 <= len(path) <= 30
        gone = Scene([walk((300, 180), (0, 0), 70, 0, 20), walk((100, 100), (0, 0), 70, 20)])
        path, _ = self.traced(gone, 10, 40)
        assert len(path) == 9

    def test_frames_that_are_not_kept_are_not_followed_to(self) -> None:
        tracker = part("trackers", "motion").build(Settings(hindsight=0.0, every=2))
        for frame, _ in SCENES["moving"].stream():
            tracker.update(frame, None, False)
        assert len(tracker.trace(Box(285, 140, 355, 230), 49, 0)) <= 4
        assert tracker.trace(Box(285, 140, 355, 230), 10, 0) == []

    def test_a_flat_patch_shows_nothing(self) -> None:
        tracker = part("trackers", "motion").build(Settings())
        frame = still()
        for component in __import__("streamblur.planes", fromlist=["components"]).components(frame.picture):
            component.view[:] = 100
        tracker.update(frame, None, False)
        tracker.update(frame, None, False)
        assert tracker.trace(Box(10, 10, 60, 70), 1, 0) == []
