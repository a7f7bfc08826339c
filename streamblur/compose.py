"""Builds the parts that the settings name, joins them to a run, and takes them down again.

Nothing heavy is imported until a part is used, so that ``--help`` can ask for ``choices``.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from streamblur.accepted import picture_at
from streamblur.errors import InputError, SettingsError
from streamblur.settings import Settings
from streamblur.values import Progress, StreamInfo, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamblur.engine import Parts
    from streamblur.ports import Detector, Source
    from streamblur.values import Cover, Frame, SafeFrame

T = TypeVar("T")
Report = Callable[[Progress], None]
DECODED_AHEAD = 2
"""Frames decoded before they are looked at."""
LOOKED_AHEAD = 2
"""Frames looked at before they are followed and covered."""
COVERED_AHEAD = 4
"""Frames finished before the encoder takes them: evens out the bursts that looks make."""


def choices(room: str) -> tuple[str, ...]:
    """The parts in a room, by name, importing none. A room is a folder of the package."""
    folder = Path(__file__).parent / room
    return tuple(sorted(m.name for m in pkgutil.iter_modules([str(folder)]) if not m.name.startswith("_")))


def part(room: str, name: str) -> Any:
    """The module ``name`` of a room, imported on first use."""
    if name not in choices(room):
        raise SettingsError(f"There is no {name!r} in {room}: choose one of {', '.join(choices(room))}.")
    return importlib.import_module(f"streamblur.{room}.{name}")


def detector_for(settings: Settings) -> Detector:
    """The detector that the settings name; several joined by '+' look at the same picture together.

    A detector may have ``notes``, a tuple of sentences for the user.
    """
    rooms = {name: part("detectors", name) for name in settings.detector.split("+")}
    with ExitStack() as undo:
        built: list[tuple[str, Detector]] = []
        for name, room in rooms.items():
            built.append((name, room.build(settings)))
            undo.callback(built[-1][1].close)
        undo.pop_all()
    if len(built) == 1:
        return built[0][1]
    from streamblur.detectors._union import Union

    return Union(built)


def room_for(source: Path, output: Path) -> str:
    """``image`` for a picture, by what it holds; else ``file``, also for a GIF that becomes a video."""
    found = picture_at(source)
    to_video = found == "GIF" and output.suffix.lower() not in (".gif", source.suffix.lower())
    return "image" if found and not to_video else "file"


def default_output(source: Path) -> Path:
    """``<stem>_blurred<suffix>`` beside the input."""
    return source.with_name(f"{source.stem}_blurred{source.suffix}")


def run(settings: Settings, source: Path, output: Path, report: Report | None = None) -> Summary:
    """Cover every face in ``source`` and write the same recording to ``output``.

    ``report`` is called on this thread after each frame written. Raises a ``StreamblurError`` for
    whatever a user can mend; on any error, and on KeyboardInterrupt, nothing is left under the
    name of the output, and no thread goes on.
    """
    started = time.monotonic()
    for room, name in (("trackers", settings.tracker), ("obscurers", settings.style)):
        part(room, name)
    with ExitStack() as stack:
        room = room_for(source, output)
        opened = stack.enter_context(closing(part("sources", room).build(settings, source)))
        sink = part("sinks", room).build(settings, opened.info, output)
        stack.push(lambda kind, *_: sink.abort() if kind is not None else None)
        settings = replace(settings, thorough=settings.thorough or opened.info.still)  # a photo has no second chance
        detector = stack.enter_context(closing(detector_for(settings)))
        counts = _Counts(opened.info, report)
        for frame, covers in _flow(settings, opened, detector, stack):
            sink.write(frame)
            counts.add(covers)
        sink.close()
    said = (note for each in (opened.info, detector, sink) for note in getattr(each, "notes", ()))
    return counts.summary(time.monotonic() - started, output, tuple(said))


def _flow(
    settings: Settings, source: Source, detector: Detector, stack: ExitStack
) -> Iterator[tuple[SafeFrame, Sequence[Cover]]]:
    """The engine's flow over the source, its stages on threads that end with the stack."""
    from streamblur.engine import anonymize
    from streamblur.threads import Ahead

    if source.info.still:
        return _each_alone(settings, source, detector)

    def ahead(items: Iterable[T], size: int, name: str) -> Ahead[T]:
        thread = Ahead(items, size, name)
        stack.callback(thread.close)
        return thread

    parts = _parts(settings, detector)
    frames = ahead(source, DECODED_AHEAD, "decode")
    flow = anonymize(frames, parts, lambda looks: ahead(looks, LOOKED_AHEAD, "look"))
    return ahead(flow, COVERED_AHEAD, "cover")


def picture(settings: Settings, source: Path | NDArray[Any]) -> NDArray[Any]:
    """One picture, from a file or an array, with every face covered, as an array."""
    images = part("sources", "image")
    with ExitStack() as stack:
        read = images.build(settings, source, False) if isinstance(source, Path) else images.of_array(source)
        opened = stack.enter_context(closing(read))
        if opened.info.frames != 1:
            raise InputError(f"{source} holds {opened.info.frames} pictures: use blur, which writes a file.")
        detector = stack.enter_context(closing(detector_for(settings := replace(settings, thorough=True))))
        ((frame, _),) = _each_alone(settings, opened, detector)
    covered: NDArray[Any] = part("sinks", "image").pixels_of(frame.picture)
    return covered


def _each_alone(
    settings: Settings, source: Iterable[Frame], first: Detector
) -> Iterator[tuple[SafeFrame, Sequence[Cover]]]:
    """Every frame as a stream of its own, so that nothing seen on one page says anything about the next."""
    from streamblur.engine import anonymize
    from streamblur.trackers._sights import Sights

    for number, frame in enumerate(source):
        with ExitStack() as page:
            detector = page.enter_context(closing(detector_for(settings))) if number else first
            parts = replace(_parts(settings, detector), tracker=Sights())
            yield from anonymize([frame], parts, iter)


def _parts(settings: Settings, detector: Detector) -> Parts:
    from streamblur.engine import Obscuring, Parts

    style = part("obscurers", settings.style)
    return Parts(
        detector=detector,
        tracker=part("trackers", settings.tracker).build(settings),
        obscuring=Obscuring(
            make=lambda component: style.build(settings, component),
            margin=settings.margin,
            ellipse=settings.shape == "ellipse",
            frames=settings.boxes,
        ),
        every=settings.every,
        analysis_size=settings.analysis,
        hindsight=settings.hindsight,
    )


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
