"""Looking again, with other eyes, at what was written.

    output ─┐                    looked at (every frame, or with the original every fifth of a second)
            ├─ side by side ─▶   and between looks, where faces must be, by content     ─▶ joined ─▶ findings
  original ─┘                    (is the face's detail still in the output?)

With the original, faces are looked for in the *original* and it is the content of the output there that counts: a
masked face cannot raise an alarm, a half-covered one does. Without it they are looked for in the output,
and what has no detail in it (a blurred face may look like one) does not count, nor what shows little and looks like a
face only when it is small (hair beside a mask may). Either way more than one close-up has to show the face, right
there: many covered ones side by side look like one in a single size, and a box beside a face is full of background.
What is found side by side at one time is one finding: a place to look at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamblur import rooms
from streamblur.belonging import same
from streamblur.faces.edits import applied
from streamblur.findings import Verified
from streamblur.geometry import between, iou
from streamblur.settings import Settings
from streamblur.values import Detection, Progress
from streamblur.verify._joining import JOIN, PLAIN, Sight, findings
from streamblur.verify._looking import Looking
from streamblur.verify._pairs import Pair, Pairs

if TYPE_CHECKING:
    from streamblur.faces import Faces

Report = Callable[[Progress], None]
EVERY = 0.2
"""Seconds between looks at the original; between them faces are where they were on the way from look to look."""
VISIBLE = 0.3
"""Share of the inner face that has to be visible. Half-covered faces show 0.33 to 0.57, covered ones up to 0.2 (hair at
the edge of a mask), of 24 and 10 on which this was chosen."""
LONGEST, LONGEST_ALONE = 1600, 1280
"""Longest side of the picture that is looked at, with the original and without it."""


def verify(
    output: Path,
    original: Path | None = None,
    faces: Faces | None = None,
    settings: Settings | None = None,
    report: Report | None = None,
) -> Verified:
    """Look for faces that are left in ``output``.

    ``original`` and ``faces`` (what the run decided, for the same original) make it surer. ``settings`` are those of
    the run. Raises InputError when the files do not belong together, and SettingsError when a face was to be kept
    visible and nobody says by ``faces`` which one it is.
    """
    sights, known, told = looked(output, original, faces, settings, report)
    return replace(told, findings=findings(sights, known, told.by_content))


def looked(
    output: Path,
    original: Path | None = None,
    faces: Faces | None = None,
    settings: Settings | None = None,
    report: Report | None = None,
) -> tuple[list[Sight], Faces | None, Verified]:
    """``verify`` before it is decided what is a finding: every sight, the faces with their edits done, and the outcome
    without findings."""
    began = time.process_time()
    settings = settings or Settings()
    if original is not None and faces is not None:
        same(settings, original, faces)
    with ExitStack() as stack:
        pairs = Pairs(settings, output, original, stack)
        longest = LONGEST if original is not None else LONGEST_ALONE
        eyes = stack.enter_context(closing(rooms.eyes(settings, longest)))
        known = applied(faces) if faces is not None else None
        looking = Looking(eyes, longest, known, settings)
        sights = list(_seen(pairs, looking, report))
    spent = time.process_time() - began
    with_original, with_faces = original is not None, faces is not None
    told = Verified((), pairs.count, looking.looks, eyes.names, with_original, with_faces, spent)
    return sights, known, told


def _seen(pairs: Pairs, looking: Looking, report: Report | None) -> Iterator[Sight]:
    """Every sight of a face in the output."""
    told = _told(pairs, looking, report)
    return _on_each(told, looking, pairs.still) if pairs.still or not pairs.both else _by_the_original(told, looking)


def _told(pairs: Pairs, looking: Looking, report: Report | None) -> Iterator[Pair]:
    for pair in pairs:
        yield pair
        if report is not None:
            report(Progress(pair.number + 1, pairs.total, looking.faces))


def _on_each(pairs: Iterable[Pair], looking: Looking, still: bool) -> Iterator[Sight]:
    """Looked for on every frame: with all eyes on pictures, and on a recording every fifth of a second."""
    closed = -EVERY
    for pair in pairs:
        closely = still or pair.time - closed >= EVERY - 1e-6
        closed = pair.time if closely else closed
        yield from _open(pair, looking(pair, closely), looking)


def _by_the_original(pairs: Iterable[Pair], looking: Looking) -> Iterator[Sight]:
    """Looked for in the original every fifth of a second, on the first and on the last frame."""
    waiting: list[Pair] = []
    before: list[Detection] = []
    for pair in pairs:
        waiting.append(pair)
        if len(waiting) == 1 or pair.time - waiting[0].time >= EVERY - 1e-6:
            now = looking(pair)
            yield from _since(waiting, before, now, looking)
            before, waiting = now, [pair]
    if len(waiting) > 1:
        yield from _since(waiting, before, looking(waiting[-1]), looking)


def _since(waiting: list[Pair], before: list[Detection], now: list[Detection], looking: Looking) -> Iterator[Sight]:
    """The sights on the frames after the last look up to this one: on that looked at as it is; on one between, where
    a face on the way from look to look shows in the output, it is looked at there too."""
    first, last = waiting[0], waiting[-1]
    for pair in waiting[1:-1]:
        share = (pair.number - first.number) / (last.number - first.number)
        for way in _ways(before, now, share):
            if looking.shown(pair, way.box) >= VISIBLE:
                yield from _open(pair, looking.closely(pair, way.box), looking)
    yield from _open(last, now, looking)


def _open(pair: Pair, faces: list[Detection], looking: Looking) -> Iterator[Sight]:
    """The faces of a frame that show in the output and that close-ups confirm."""
    for face in faces:
        share = looking.shown(pair, face.box)
        if share >= VISIBLE and looking.surely(pair, face.box, pair.original is None and share < PLAIN):
            yield Sight(pair.number, pair.time, face, share)


def _ways(before: list[Detection], now: list[Detection], share: float) -> list[Detection]:
    """Where the faces of two looks are between them: on the straight way, or, of one seen once, near where it was."""
    places: list[Detection] = []
    met: set[int] = set()
    for face in before:
        best = max(range(len(now)), key=lambda n: iou(face.box, now[n].box), default=None)
        if best is not None and iou(face.box, now[best].box) >= JOIN:
            met.add(best)
            places.append(replace(face, box=between(face.box, now[best].box, share)))
        else:
            places.append(face)
    return places + [face for n, face in enumerate(now) if n not in met]
