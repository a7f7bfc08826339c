"""Joins the parts that the settings name to a run, and takes them down again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from streamblur import rereading, rooms
from streamblur.counting import Counts
from streamblur.counting import Report as Report
from streamblur.errors import InputError
from streamblur.settings import Settings
from streamblur.stills import each_alone
from streamblur.threads import Begun, ahead
from streamblur.timing import stage
from streamblur.values import Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamblur.faces import Faces
    from streamblur.ports import Detector, Source
    from streamblur.values import Decided, Frame, SafeFrame

T = TypeVar("T")
Witness = Callable[["Decided[SafeFrame]"], None]
"""Sees every frame as it leaves, and may read it, but neither keep nor change it."""
Lend = Callable[[Settings], "Detector"]
DECODED_AHEAD = 2
"""Frames decoded before they are looked at ..."""
DECODED_FIRST = 24
"""... and while everything is loaded, which leaves a core idle: fewer than hindsight holds as soon as it looks."""
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
    faces: Faces | None = None,
    lend: Lend | None = None,
) -> Summary:
    """Cover every face in ``source`` and write the same recording to ``output``.

    ``report`` is called on this thread after each frame written, ``witness`` before it. With ``faces``, found in this
    very input before, nobody looks: what they say, with their edits, is covered. ``lend`` gives the detector (None: a
    new one), which is closed after use. Raises a ``StreamblurError`` for whatever a user can mend; on any error, and
    on KeyboardInterrupt, nothing is left under the name of the output, and no thread goes on.
    """
    started = time.monotonic()
    rooms.part("obscurers", settings.style)
    if faces is None:
        rooms.part("trackers", settings.tracker)
    rooms.overlays(settings)
    with ExitStack() as stack:
        room = rooms.room_for(source, output)
        lend = lend or rooms.detector_for
        lend = _begun(stack, settings, room, lend) if faces is None else lend
        with stage("open"):
            opened = stack.enter_context(closing(rooms.part("sources", room).build(settings, source)))
            frames = _decoded(settings, stack, opened)
            sink = rooms.part("sinks", room).build(settings, opened.info, output)
        stack.push(lambda kind, *_: sink.abort() if kind is not None else None)
        flow, detector = _hidden(settings, source, opened, frames, faces, lend, stack)
        counts = Counts(opened.info, report)
        for decided in flow:
            if witness is not None:
                witness(decided)
            with stage("encode"):
                sink.write(decided.frame)
            counts.add(decided.covers)
        with stage("finish"):
            sink.close()
    said = (note for each in (opened.info, detector, sink) for note in getattr(each, "notes", ()))
    return counts.summary(time.monotonic() - started, output, tuple(said))


def detect(settings: Settings, source: Path, report: Report | None = None) -> Faces:
    """Find every face in ``source`` as ``run`` would, and write nothing: the faces that a run would cover.

    ``report`` is called on this thread after each frame.
    """
    from streamblur import __version__
    from streamblur.engine import wished
    from streamblur.faces.recorder import Recorder, fingerprint

    rooms.part("trackers", settings.tracker)
    with ExitStack() as stack:
        room = rooms.room_for(source, source)
        lend = _begun(stack, settings, room, rooms.detector_for)
        opened = stack.enter_context(closing(rooms.part("sources", room).build(settings, source)))
        flow, _ = _found(settings, opened, _decoded(settings, stack, opened), lend, stack)
        counts, recorder = Counts(opened.info, report), Recorder()
        for decided in wished(flow, rooms.wishes(settings)):
            recorder.add(decided)
            counts.add(decided.covers)
        found = recorder.faces(fingerprint(source, opened.info), settings.told(), __version__)
    return replace(found, regions=settings.region, excluded=settings.exclude_region)


def _decoded(settings: Settings, stack: ExitStack, source: Source) -> Iterable[Frame]:
    """The frames, decoded ahead on a thread that ends with the stack; of photos and pages when they are wanted."""
    if source.info.still:
        return source
    first = 0 if source.info.written is not None or rereading.wanted(settings, source.info) else DECODED_FIRST
    return ahead(stack, source, DECODED_AHEAD, "decode", first)


def _hidden(
    settings: Settings,
    place: Path,
    source: Source,
    frames: Iterable[Frame],
    faces: Faces | None,
    lend: Lend,
    stack: ExitStack,
) -> tuple[Iterator[Decided[SafeFrame]], Detector | None]:
    """The source with every face hidden, and the detector that found them, if one looked."""
    from streamblur.belonging import same
    from streamblur.engine import hide, recalled
    from streamblur.faces.edits import applied

    detector: Detector | None = None
    if faces is None:
        again = rereading.again(settings, place, source.info, stack)
        flow, detector = _found(settings, source, frames, lend, stack, again)
    else:
        same(settings, place, faces, source)
        faces = applied(faces)
        flow = recalled(frames, faces)
    safe = hide(flow, rooms.obscuring(settings), rooms.wishes(settings, faces))
    return (safe if source.info.still else ahead(stack, safe, COVERED_AHEAD, "cover")), detector


def _found(
    settings: Settings,
    source: Source,
    frames: Iterable[Frame],
    lend: Lend,
    stack: ExitStack,
    again: Iterable[Frame] | None = None,
) -> tuple[Iterator[Decided[Frame]], Detector]:
    """The frames of the source with what the detector found in them; looking runs on a thread that ends with the
    stack. With the frames ``again``, none is held while it waits."""
    from streamblur.engine import decide

    settings = settings.for_stills() if source.info.still else settings
    detector = stack.enter_context(closing(lend(settings)))
    if source.info.still:
        return each_alone(settings, frames, detector), detector
    beside = partial(ahead, stack, size=LOOKED_AHEAD, name="look")
    return decide(frames, rooms.parts(settings, detector), beside, again), detector


def _begun(stack: ExitStack, settings: Settings, room: str, lend: Lend) -> Lend:
    """The same, but of a recording begun at once, on a thread that ends with the stack: loading the networks takes
    longer than opening what is read and written."""

    def load(settings: Settings) -> Detector:
        with stage("load the detector"):
            return lend(settings)

    if room != "file":
        return load
    begun = Begun(partial(load, settings), "load")
    stack.callback(begun.close)
    return lambda _: begun.result()


def picture(settings: Settings, source: Path | NDArray[Any]) -> NDArray[Any]:
    """One picture, from a file or an array, with every face covered, as an array."""
    from streamblur.engine import hide

    images = rooms.part("sources", "image")
    with ExitStack() as stack:
        read = images.build(settings, source, False) if isinstance(source, Path) else images.of_array(source)
        opened = stack.enter_context(closing(read))
        if opened.info.frames != 1:
            raise InputError(f"{source} holds {opened.info.frames} pictures: use blur, which writes a file.")
        detector = stack.enter_context(closing(rooms.detector_for(settings := settings.for_stills())))
        flow = each_alone(settings, opened, detector)
        (decided,) = hide(flow, rooms.obscuring(settings), rooms.wishes(settings))
    return cast("NDArray[Any]", rooms.part("sinks", "image").pixels_of(decided.frame.picture))
