"""One live run from its first frame to its last."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from fractions import Fraction
from typing import TYPE_CHECKING

from streamblur import rooms
from streamblur.errors import OutputError
from streamblur.live.beside import Beside, looking, tried
from streamblur.live.controls import Controls
from streamblur.live.intake import Intake
from streamblur.live.outlets import Outlet, Outlets
from streamblur.live.status import Choices, Ended, Meter, Status
from streamblur.ports import Detector, Sink, Source
from streamblur.settings import Live
from streamblur.values import Decided, Frame, SafeFrame

if TYPE_CHECKING:
    from streamblur.engine.held import Out
    from streamblur.engine.live import LiveFlow

TICK = 0.02
"""Seconds after which something is done even if no frame comes."""
ABSENT = 0.5
"""Seconds without a frame after which the curtain is shown instead ..."""
STANDS = 0.2
"""... so often."""
ENDS = 1.0
"""Seconds that the last frames wait for the last look."""
USUAL_RATE = Fraction(30)
"""Frames a second where the source does not say."""


def run(settings: Live, source: str | Source, to: Sequence[str | Sink], choices: Choices) -> Ended:
    """See ``streamblur.live.run``."""
    with ExitStack() as stack:
        detector = rooms.detector_for(settings)
        beside = stack.enter_context(looking(detector))
        opened = rooms.live_source(settings, source) if isinstance(source, str) else source
        intake = stack.enter_context(closing(Intake(opened)))
        driver = _Driver(settings, opened, intake, _flow(settings, detector, beside, opened), choices)
        beside.wake = intake.nudge
        stack.push(lambda kind, *_: driver.end(kind is not None))
        for place in to:
            driver.open(place)
        if (seconds := tried(settings, beside, opened)) is not None:
            driver.begin(seconds)
        driver.listen(stack)
        intake.start()
        driver.drive()
    return driver.ended(tuple(getattr(detector, "notes", ())))


def _flow(settings: Live, detector: Detector, beside: Beside, source: Source) -> LiveFlow:
    from streamblur.engine.live import LiveFlow
    from streamblur.engine.pace import Pace

    pictures = rooms.part("trackers", settings.tracker).build(settings)
    rate = float(source.info.rate or USUAL_RATE)
    return LiveFlow(
        rooms.parts(settings, detector), beside.thread, Pace(rate, settings.every, settings.delay), pictures
    )


class _Driver:
    """Takes frames in, lets them out, and does what the keys say."""

    def __init__(self, settings: Live, source: Source, intake: Intake, flow: LiveFlow, choices: Choices) -> None:
        self._settings, self._source, self._intake, self._flow = settings, source, intake, flow
        self._choices = choices
        self._outlets = Outlets(choices.told)
        self._controls = Controls(settings, flow, self._outlets, source.info, choices)
        self._meter = Meter()
        self._status = Status()
        self._began = self._came = time.monotonic()
        self._stood = 0.0
        self._first_free = -(2**62)
        self._newest: Frame | None = None
        self._lost = False
        self._frames = self._curtains = 0

    def open(self, place: str | Sink) -> None:
        """Add one more place to write to."""
        if not isinstance(place, str):
            self._outlets.add(Outlet(type(place).__name__, place, False))
            return
        room = rooms.live_sink_room(place)
        sink = rooms.live_sink(self._settings, self._source.info, place)
        self._outlets.add(Outlet(place, sink, room == "recording"))
        if room == "window":
            self._controls.window = sink

    def begin(self, seconds: Sequence[float]) -> None:
        """A look at an empty picture of each size takes so long."""
        self._flow.pace.begin(seconds)
        self._began = self._came = time.monotonic()

    def listen(self, stack: ExitStack) -> None:
        """Let the places hear what the source, or the device asked for, hears."""
        sound = rooms.sound_for(self._settings, self._source)
        if sound is not None:
            stack.callback(sound.close)
            sound.listen(self._outlets.hear, self._choices.told)

    def drive(self) -> None:
        while not self._choices.stop.is_set() and not self._controls.quit and not self._intake.empty:
            got = self._intake.next(TICK)
            self._flow.panic = self._choices.panic.is_set()
            now = time.monotonic()
            outs = self._flow.tick(now) if got is None else self._taken(*got)
            for out in outs:
                self._leave(out.decided, out.came)
            if now - self._came > ABSENT:
                self._absent(now)
            self._controls.act(self._status)
            self._outlets.check()
            if not self._outlets.any:
                raise OutputError(
                    " ".join(dict.fromkeys(map(str, self._outlets.failed))) or "there is no place to write to."
                )
        self._finish()

    def _taken(self, frame: Frame, came: float) -> list[Out]:
        frame.pts = max(frame.pts, self._first_free)  # a picture of nothing may have stood where this one begins
        self._first_free = frame.pts + 1
        self._came, self._newest = came, Frame(frame.picture, frame.pts, frame.time_base, frame.orientation)
        self._lost = False
        return self._flow.add(frame, came)

    def _finish(self) -> None:
        """Let the frames that wait go, each after a look if one comes soon enough."""
        until = time.monotonic() + ENDS
        while self._flow.waiting and time.monotonic() < until and not self._flow.late(time.monotonic()):
            for out in self._flow.finish(time.monotonic()):
                self._leave(out.decided, out.came)
            if self._flow.waiting:
                time.sleep(0.005)
        for out in self._flow.interrupt(time.monotonic()):
            self._leave(out.decided, out.came)

    def _leave(self, decided: Decided[SafeFrame], came: float) -> None:
        self._choices.witness(decided)
        self._frames += 1
        self._curtains += decided.curtain
        self._outlets.write(decided.frame, owned=True)
        self._meter.left(came)
        self._meter.looked(self._flow.looks)
        self._status = self._now(decided)
        self._choices.watch(self._status)

    def _absent(self, now: float) -> None:
        """The source gives nothing: what waits leaves, then a picture of nothing stands in."""
        for out in self._flow.interrupt(now) if not self._lost else []:
            self._leave(out.decided, out.came)
        self._lost = True
        if self._newest is None or now - self._stood < STANDS:
            return
        self._stood = now
        pts = max(self._first_free, self._newest.pts + round((now - self._came) / self._newest.time_base))
        self._first_free = pts + 1
        self._leave(self._flow.absent(self._newest, pts), now)

    def _now(self, decided: Decided[SafeFrame]) -> Status:
        return Status(
            self._meter.fps,
            self._meter.latency,
            self._meter.looks,
            self._flow.pace.delay,
            len({cover.track for cover in decided.covers}),
            self._frames,
            self._intake.dropped + self._outlets.dropped,
            self._curtains,
            decided.curtain,
            self._flow.panic,
            self._lost,
            self._controls.recording,
            self._flow.seen,
        )

    def end(self, failed: bool) -> None:
        """Close everything that was written to. A recording holds only decided frames, so it is kept whatever
        happened."""
        self._outlets.close()

    def ended(self, notes: tuple[str, ...]) -> Ended:
        said = (*self._source.info.notes, *notes, *self._outlets.notes)
        failed = tuple(dict.fromkeys(str(error) for error in self._outlets.failed))
        return Ended(self._status, time.monotonic() - self._began, tuple(dict.fromkeys(said)), failed)
