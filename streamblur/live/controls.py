"""The keys of the preview, and what they do."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamblur import rooms
from streamblur.errors import StreamblurError
from streamblur.live.outlets import Outlet, Outlets
from streamblur.live.status import Status
from streamblur.settings import Live
from streamblur.values import StreamInfo

if TYPE_CHECKING:
    from streamblur.engine.live import LiveFlow

HELP = (
    "q, Esc  end",
    "space   hide everything, or show again",
    "b       frames around what is hidden",
    "s       next style",
    "+ -     stronger, weaker",
    "d       what the detector sees",
    "r       record, or stop it",
    "h       this help",
)
_STEP = 0.25


class Controls:
    """Acts on the keys of ``window`` (None: there is none)."""

    def __init__(self, settings: Live, flow: LiveFlow, outlets: Outlets, info: StreamInfo, choices: Any) -> None:
        self._settings, self._flow, self._outlets, self._info = settings, flow, outlets, info
        self._told, self._picture, self._all = choices.told, settings.picture, choices.panic
        self.window: Any = None
        self.quit = False
        self._marks = self._help = False
        self._recorder: Outlet | None = None
        self._acts = {
            "q": self._end,
            "\x1b": self._end,
            "closed": self._end,
            " ": self._panic,
            "b": lambda: self._change(boxes=not self._settings.boxes),
            "s": self._next_style,
            "+": lambda: self._change(strength=min(4.0, self._settings.strength + _STEP)),
            "-": lambda: self._change(strength=max(1.0, self._settings.strength - _STEP)),
            "d": self._mark,
            "r": self._record,
            "h": self._explain,
        }
        self._acts["="] = self._acts["+"]

    @property
    def recording(self) -> bool:
        """Whether a recording that a key began goes on."""
        return self._recorder is not None and self._recorder.error is None

    def act(self, status: Status) -> None:
        """Do what was asked for since the last time, and tell the window what goes on."""
        if self.window is None:
            return
        self.window.marks = [d.box for d in status.seen] if self._marks and not status.curtain else []
        self.window.words = (*_said(status, self._settings), *(HELP if self._help else ()))
        for key in self.window.pressed():
            self._acts.get(key, lambda: None)()

    def _end(self) -> None:
        self.quit = True

    def _panic(self) -> None:
        (self._all.clear if self._all.is_set() else self._all.set)()

    def _mark(self) -> None:
        self._marks = not self._marks

    def _explain(self) -> None:
        self._help = not self._help

    def _change(self, **fields: Any) -> None:
        self._settings = replace(self._settings, **fields)
        self._flow.hide(rooms.obscuring(self._settings))

    def _next_style(self) -> None:
        """A picture over faces is one of them if there is one."""
        styles = [name for name in rooms.choices("obscurers") if name != "picture" or self._picture]
        style = styles[(styles.index(self._settings.style) + 1) % len(styles)]
        self._change(style=style, picture=self._picture if style == "picture" else "")

    def _record(self) -> None:
        """Begin a recording beside all others, in the folder one is in, or end it."""
        if self._recorder is not None:
            self._outlets.end(self._recorder)
            self._recorder = None
            return
        place = Path(time.strftime("streamblur-%Y%m%d-%H%M%S.mkv"))
        try:
            sink = rooms.part("sinks", "recording").build(self._settings, self._info, place)
        except StreamblurError as error:
            self._told(str(error))
            return
        self._recorder = Outlet(str(place), sink, True)
        self._outlets.add(self._recorder)


def _said(status: Status, settings: Live) -> tuple[str, ...]:
    """The lines of the display."""
    middle, worst = (1000 * seconds for seconds in status.latency)
    lines = [
        f"{status.fps:.0f} frames/s   {middle:.0f} ms (p95 {worst:.0f}), {status.delay} frames held",
        f"{status.faces} faces   {status.looks:.1f} looks/s   {settings.style} {settings.strength:g}",
    ]
    if status.dropped:
        lines.append(f"{status.dropped} frames dropped")
    states = ("PANIC: all is hidden", status.panic), ("NO PICTURE", status.lost), ("CURTAIN", status.curtain)
    lines += [word for word, now in states if now][:1]
    lines += ["RECORDING"] if status.recording else []
    return tuple(lines)
