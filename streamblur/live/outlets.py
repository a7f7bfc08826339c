"""Where decided frames go, several places at once: a slow one drops frames, a failing one is told and left out."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from streamblur.engine.held import twin
from streamblur.errors import OutputError, StreamblurError
from streamblur.ports import Sink
from streamblur.values import SafeFrame

WAITING = 2
"""Frames that wait for a place at most; the oldest is dropped, so that what is shown is never late."""
KEPT_WAITING = 30
"""Frames that wait for a recording, which nobody watches: it shall miss none because the disk was slow once."""
_ENDS = 10.0
"""Seconds that a place gets to finish what it has begun."""
_log = logging.getLogger(__name__)


class Outlet:
    """One sink, written to on a thread of its own. ``error`` is what it failed with."""

    def __init__(self, name: str, sink: Sink, recording: bool) -> None:
        self.name, self._sink = name, sink
        self._most = KEPT_WAITING if recording else WAITING
        self._todo: deque[tuple[str, Any]] = deque()
        self._changed = threading.Condition()
        self._closing = self._vanish = False
        self.dropped = self.written = 0
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"streamblur-write-{name[:20]}", daemon=True)
        self._thread.start()

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(getattr(self._sink, "notes", ()))

    def tells(self, told: Callable[[str], None]) -> None:
        """Where the sink's own sentences go while it runs, if it has any."""
        if hasattr(self._sink, "told"):
            self._sink.told = told

    def write(self, frame: SafeFrame) -> None:
        """Hand over a frame, which then belongs to the sink."""
        self._put("write", frame)

    def hear(self, *sound: Any) -> None:
        if hasattr(self._sink, "hear"):
            self._put("hear", sound)

    def _put(self, what: str, thing: Any) -> None:
        with self._changed:
            if self.error is not None or self._closing:
                return
            self._todo.append((what, thing))
            waiting = [one for one in self._todo if one[0] == "write"]
            if len(waiting) > self._most:
                self._todo.remove(waiting[0])
                self.dropped += 1
            self._changed.notify()

    def close(self, vanish: bool = False) -> None:
        """Finish, or with ``vanish`` leave at once what can be left."""
        with self._changed:
            self._closing, self._vanish = True, vanish
            self._changed.notify()
        self._thread.join(_ENDS)
        if self._thread.is_alive() and self.error is None:
            self.error = OutputError(f"{self.name} does not answer: it was left behind unfinished.")

    def _run(self) -> None:
        try:
            while (one := self._next()) is not None:
                what, thing = one
                if what == "hear":
                    self._sink.hear(*thing)  # type: ignore[attr-defined]
                else:
                    self._sink.write(thing)
                    self.written += 1
            self._sink.abort() if self._vanish else self._sink.close()
        except BaseException as error:  # told by the one who drives, whatever it is
            self.error = error
            _log.debug("%s failed", self.name, exc_info=True)
            self._sink.abort()

    def _next(self) -> tuple[str, Any] | None:
        with self._changed:
            while not self._todo and not self._closing:
                self._changed.wait()
            return self._todo.popleft() if self._todo and not self._vanish else None


class Outlets:
    """All places. ``told`` is called with a sentence when one fails."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._open: list[Outlet] = []
        self._all: list[Outlet] = []
        self.failed: list[StreamblurError] = []

    def add(self, outlet: Outlet) -> None:
        outlet.tells(self._told)
        self._open.append(outlet)
        self._all.append(outlet)

    @property
    def any(self) -> bool:
        return bool(self._open)

    @property
    def dropped(self) -> int:
        """Frames that a place was too slow for."""
        return sum(outlet.dropped for outlet in self._all)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(note for outlet in self._all for note in outlet.notes)

    def write(self, frame: SafeFrame, owned: bool) -> None:
        """Give the frame to all; ``owned`` says that nobody else has it, so that the last one may get it itself."""
        for number, outlet in enumerate(self._open):
            last = owned and number + 1 == len(self._open)
            outlet.write(frame if last else twin(frame))
        self.check()

    def hear(self, *sound: Any) -> None:
        for outlet in list(self._open):
            outlet.hear(*sound)

    def check(self) -> None:
        """Tell of those that failed, and leave them out."""
        for outlet in [o for o in self._open if o.error is not None]:
            self._open.remove(outlet)
            self._fail(outlet)

    def end(self, outlet: Outlet) -> None:
        """Finish one of them."""
        if outlet in self._open:
            self._open.remove(outlet)
            outlet.close()
            if outlet.error is not None:
                self._fail(outlet)

    def close(self, vanish: bool = False) -> None:
        for outlet in list(self._open):
            self._open.remove(outlet)
            outlet.close(vanish)
            if outlet.error is not None:
                self._fail(outlet)

    def _fail(self, outlet: Outlet) -> None:
        error = outlet.error
        if not isinstance(error, StreamblurError):
            assert error is not None
            raise error  # a bug shows itself
        self.failed.append(error)
        self._told(str(error))
