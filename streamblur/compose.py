"""Joins the parts that the settings name to a run, and takes them down again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from streamblur import rooms
from streamblur.errors import InputError
from streamblur.settings import Settings
from streamblur.values import Progress, StreamInfo, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamblur.ports import Detector, Source
    from streamblur.values import Cover, Decided, Frame, SafeFrame

T = TypeVar("T")
Report = Callable[[Progress], None]
Witness = Callable[["Decided[SafeFrame]"], None]
"""Sees every frame as it leaves, and may read it, but neither keep nor change it."""
Lend = Callable[[Settings], "Detector"]
DECODED_AHEAD = 2
"""Frames decoded before they are looked at."""
LOOKED_AHEAD = 2
"""Frames looked at before they are followed and covered."""
COVERED_AHEAD = 4
"""Frames finished before the encoder takes them: evens out the bursts that looks make."""


def default_output(source: Path) -> Path:
    """``<stem>_blurred<suffix>`` beside the input."""
    return source.with_name(f"{source.stem}_blurred{source.suffix}")


def run(
    settings: Settings,
    source: Path,
    output: Path,
    report: Report | None = None,
    witness: Witness | None = None,
    lend: Lend | None = None,
) -> Summary:
    """Cover every face in ``source`` and write the same recording to ``output``.

    ``report`` is called on this thread after each frame written, ``witness`` before it; ``lend`` gives the
    detector (None: a new one), which is closed after use. Raises a
    ``StreamblurError`` for whatever a user can mend; on any error, and on KeyboardInterrupt, nothing is left under the
    name of the output, and no thread goes on.
    """
    started = time.monotonic()
    for kind, name in (("trackers", settings.tracker), ("obscurers", settings.style)):
        rooms.part(kind, name)
    rooms.overlays(settings)
    with ExitStack() as stack:
        room = rooms.room_for(source, output)
        opened = stack.enter_context(closing(rooms.part("sources", room).build(settings, source)))
        sink = rooms.part("sinks", room).build(settings, opened.info, output)
        stack.push(lambda kind, *_: sink.abort() if kind is not None else None)
        settings = replace(settings, thorough=settings.thorough or opened.info.still)  # a photo has no second chance
        detector = stack.enter_context(closing((lend or rooms.detector_for)(settings)))
        counts = _Counts(opened.info, report)
        for decided in _flow(settings, opened, detector, stack):
            if witness is not None:
                witness(decided)
            sink.write(decided.frame)
            counts.add(decided.covers)
        sink.close()
    said = (note for each in (opened.info, detector, sink) for note in getattr(each, "notes", ()))
    return counts.summary(time.monotonic() - started, output, tuple(said))


def _flow(settings: Settings, source: Source, detector: Detector, stack: ExitStack) -> Iterator[Decided[SafeFrame]]:
    """The engine's flow over the source, its stages on threads that end with the stack."""
    from streamblur.engine import anonymize
    from streamblur.threads import Ahead

    if source.info.still:
        return _each_alone(settings, source, detector)

    def ahead(items: Iterable[T], size: int, name: str) -> Ahead[T]:
        thread = Ahead(items, size, name)
        stack.callback(thread.close)
        return thread

    parts = rooms.parts(settings, detector)
    frames = ahead(source, DECODED_AHEAD, "decode")
    flow = anonymize(frames, parts, lambda looks: ahead(looks, LOOKED_AHEAD, "look"))
    return ahead(flow, COVERED_AHEAD, "cover")


def picture(settings: Settings, source: Path | NDArray[Any]) -> NDArray[Any]:
    """One picture, from a file or an array, with every face covered, as an array."""
    images = rooms.part("sources", "image")
    with ExitStack() as stack:
        read = images.build(settings, source, False) if isinstance(source, Path) else images.of_array(source)
        opened = stack.enter_context(closing(read))
        if opened.info.frames != 1:
            raise InputError(f"{source} holds {opened.info.frames} pictures: use blur, which writes a file.")
        detector = stack.enter_context(closing(rooms.detector_for(settings := replace(settings, thorough=True))))
        (decided,) = _each_alone(settings, opened, detector)
    covered: NDArray[Any] = rooms.part("sinks", "image").pixels_of(decided.frame.picture)
    return covered


def _each_alone(settings: Settings, source: Iterable[Frame], first: Detector) -> Iterator[Decided[SafeFrame]]:
    """Every frame as a stream of its own, so that nothing seen on one page says anything about the next."""
    from streamblur.engine import anonymize
    from streamblur.trackers._sights import Sights

    for number, frame in enumerate(source):
        with ExitStack() as page:
            anew = number and not forgetful(first)
            detector = page.enter_context(closing(rooms.detector_for(settings))) if anew else first
            parts = replace(rooms.parts(settings, detector), tracker=Sights())
            yield from anonymize([frame], parts, iter)


def forgetful(detector: Detector) -> bool:
    """Make the detector forget what it saw; False when it cannot."""
    forget = getattr(detector, "forget", None)
    if forget is not None:
        forget()
    return forget is not None


class _Counts:
    """Counts what was written, and reports it."""

    def __init__(self, info: StreamInfo, report: Report | None) -> None:
        self._total, self._report, self._still = info.frames, report, info.still
        self._frames = self._covered = 0
        self._tracks: set[int] = set()

    def add(self, covers: Iterable[Cover]) -> None:
        faces = {cover.track for cover in covers}
        self._tracks |= faces
        self._covered += len(faces)
        self._frames += 1
        if self._report is not None:
            self._report(Progress(self._frames, self._total, len(faces)))

    def summary(self, seconds: float, output: Path, notes: tuple[str, ...]) -> Summary:
        faces = self._covered if self._still else len(self._tracks)
        return Summary(self._frames, faces, self._covered, seconds, output, notes, self._still)
