"""Photos and pages: every one is a stream of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from streamblur import rooms
from streamblur.settings import Settings

if TYPE_CHECKING:
    from streamblur.ports import Detector
    from streamblur.values import Decided, Frame


def each_alone(settings: Settings, source: Iterable[Frame], first: Detector) -> Iterator[Decided[Frame]]:
    """Every frame as a stream of its own, so that nothing seen on one page says anything about the next."""
    from streamblur.engine import decide
    from streamblur.trackers._sights import Sights

    sights = Sights()
    for number, frame in enumerate(source):
        with ExitStack() as page:
            anew = number and not forgetful(first)
            detector = page.enter_context(closing(rooms.detector_for(settings))) if anew else first
            sights = Sights(sights.next)
            yield from decide([frame], replace(rooms.parts(settings, detector), tracker=sights), iter)


def forgetful(detector: Detector) -> bool:
    """Make the detector forget what it saw; False when it cannot."""
    forget = getattr(detector, "forget", None)
    if forget is not None:
        forget()
    return forget is not None
