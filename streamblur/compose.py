"""Builds the parts that the settings name, joins them to a run, and takes them down again.

Nothing heavy is imported until a part is used, so that ``--help`` can ask for ``choices``.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from streamblur.errors import SettingsError
from streamblur.settings import Settings
from streamblur.values import Progress, StreamInfo, Summary

if TYPE_CHECKING:
    from streamblur.engine import Parts
    from streamblur.values import Cover, SafeFrame

T = TypeVar("T")
Report = Callable[[Progress], None]
DECODED_AHEAD = 4
"""Frames decoded before they are looked at."""
LOOKED_AHEAD = 4
"""Frames looked at before they are followed and covered."""
COVERED_AHEAD = 8
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
        opened = part("sources", "file").build(settings, source)
        stack.callback(opened.close)
        sink = part("sinks", "file").build(settings, opened.info, output)
        stack.push(lambda kind, *_: sink.abort() if kind is not None else None)
        counts = _Counts(opened.info, report)
        for frame, covers in _flow(settings, opened, stack):
            sink.write(frame)
            counts.add(covers)
        sink.close()
    return counts.summary(time.monotonic() - started, output, (*opened.info.notes, *getattr(sink, "notes", ())))


def _flow(settings: Settings, source: Iterable[Any], stack: ExitStack) -> Iterator[tuple[SafeFrame, Sequence[Cover]]]:
    """The engine's flow over the source, its stages on threads that end with the stack."""
    from streamblur.engine import anonymize
    from streamblur.threads import Ahead

    def ahead(items: Iterable[T], size: int, name: str) -> Ahead[T]:
        thread = Ahead(items, size, name)
        stack.callback(thread.close)
        return thread

    parts = _parts(settings, stack)
    frames = ahead(source, DECODED_AHEAD, "decode")
    flow = anonymize(frames, parts, lambda looks: ahead(looks, LOOKED_AHEAD, "look"))
    return ahead(flow, COVERED_AHEAD, "cover")


def _parts(settings: Settings, stack: ExitStack) -> Parts:
    from streamblur.engine import Obscuring, Parts

    detector = part("detectors", settings.detector).build(settings)
    stack.callback(detector.close)
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
        analysis_size=settings.analysis_size,
        hindsight=settings.hindsight,
    )


class _Counts:
    """Counts what was written, and reports it."""

    def __init__(self, info: StreamInfo, report: Report | None) -> None:
        self._total, self._report = info.frames, report
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
        return Summary(self._frames, len(self._tracks), self._covered, seconds, output, notes)
