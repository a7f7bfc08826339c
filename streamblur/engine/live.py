"""The flow for live pictures: looking goes on beside the frames, and no frame leaves before it was decided.

    frame ─▶ line ─────────────────────────▶ decided ─▶ covered ─▶ safe frame
               └▶ look (beside) ─▶ tracker ─▶ hindsight

A look is applied to the frame that it looked at, however late it comes. A frame that a look at it or after it, in the
same shot, has spoken about leaves with what hindsight knows. One that has to leave earlier is covered where the
picture has led since the last look; and when even that cannot be relied on, all of it is hidden: the curtain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from streamblur.engine import Parts
from streamblur.engine.covering import Obscuring
from streamblur.engine.held import Held, Look, Looks, Out
from streamblur.engine.hiding import Hiding
from streamblur.engine.hindsight import Waiting, Window
from streamblur.engine.looking import Changes, placed
from streamblur.engine.pace import LATE, Pace
from streamblur.engine.present import Present
from streamblur.engine.shots import Shots
from streamblur.planes import AnalysisPicture, blank, remembered, shown_size
from streamblur.ports import Tracker
from streamblur.values import Cover, Decided, Detection, Frame, SafeFrame


class LiveFlow:
    """Takes frames as they come and gives them back decided, in order. All times are those of one clock, in seconds.

    ``pictures`` is a second tracker like that of ``parts``, which is told of every frame at once.
    """

    def __init__(self, parts: Parts, looks: Looks, pace: Pace, pictures: Tracker) -> None:
        self._parts, self._looks, self.pace = parts, looks, pace
        self._present = Present(pictures)
        self._window = Window(parts.tracker, prompt=True)
        self._changes = Changes()
        self._pictures: dict[int, AnalysisPicture] = {}
        self._line: deque[Held] = deque()
        self._unfed: deque[Held] = deque()
        self._shots = Shots()
        self._last = self._begun = -1
        self._last_came = 0.0
        self._lost: int | None = None
        self._cut_next = False
        self._first: float | None = None
        self.hide(parts.obscuring)
        self.panic = False
        self.looks = 0
        self.seen: Sequence[Detection] = ()

    def hide(self, how: Obscuring) -> None:
        """From now on hide faces this way."""
        self._hiding = Hiding(how, self._parts.wishes, self._first)

    def add(self, frame: Frame, now: float) -> list[Out]:
        """The next frame; what may leave now."""
        self._first = frame.time if self._first is None else self._first
        cut = self._changes.cut(frame) or self._cut_next
        self._cut_next = False
        self._shots.newest += cut
        memory = Frame(remembered(frame.picture), frame.pts, frame.time_base, frame.orientation)
        self._present.add(memory, cut)
        held = Held(self._present.newest, frame, memory, cut, self._shots.newest, now)
        self._line.append(held)
        self._unfed.append(held)
        self._learn()
        self._look(held)
        return self._leaving(now)

    def tick(self, now: float) -> list[Out]:
        """No frame has come; what may leave now."""
        self._learn()
        return self._leaving(now)

    def finish(self, now: float) -> list[Out]:
        """No frame comes any more, but looks may still speak about those that wait; what may leave now."""
        self._learn()
        if self._line and self._looks.since is None and not self._shots.followed(self._line[-1]):
            self._look(self._line[-1], last=True)
        found: list[Out] = []
        while self._line and self._shots.followed(self._line[0]):
            found.append(self._let_go(self._line[0].came, self._lost == self._last))
        return found

    @property
    def waiting(self) -> int:
        """Frames that have come and not left."""
        return len(self._line)

    def interrupt(self, now: float) -> list[Out]:
        """No more frames come for now: all that waits leaves, hidden where no look has followed. The next frame
        begins a new shot."""
        self._learn()
        self._cut_next = True
        return [self._let_go(held.came, not self._shots.followed(held)) for held in list(self._line)]

    def absent(self, like: Frame, pts: int) -> Decided[SafeFrame]:
        """A frame that shows nothing, for the time in which no frame comes."""
        return Decided(SafeFrame(Frame(blank(like.picture), pts, like.time_base, like.orientation)), curtain=True)

    def late(self, now: float) -> bool:
        """Whether the look under way is so late that nothing may leave unlooked."""
        since = self._looks.since
        return since is not None and now - since > self.pace.patience

    def _look(self, newest: Held, last: bool = False) -> None:
        """Begin a look, when none is under way: at the end of a shot that was left behind, else at the newest."""
        if self._looks.since is not None:
            return
        held = self._left_behind()
        due = last or newest.number - self._begun >= self.pace.gap or newest.cut or self._shots.never(newest)
        if held is None and due and not newest.looked:
            held = newest
        if held is None:
            return
        held.looked = True
        self._begun = max(self._begun, held.number)
        longest = max(128, round(self._parts.analysis_size * self.pace.share))
        picture = self._pictures.setdefault(longest, AnalysisPicture(longest))
        self._looks.begin(Look(held.number, picture(held.frame.picture, held.frame.orientation)))

    def _left_behind(self) -> Held | None:
        """The last frame of the shot before a cut, while it still waits and no look has reached it."""
        for held, after in zip(self._line, list(self._line)[1:], strict=False):
            if after.cut and not held.looked and not self._shots.followed(held) and held.number > self._last:
                return held
        return None

    def _learn(self) -> None:
        for look, found, seconds in self._looks.done():
            if look.number < 0:  # one to try the detector, before the first frame
                continue
            self.pace.looked(seconds)
            self.looks += 1
            self._apply(look, found)

    def _apply(self, look: Look, found: Sequence[Detection]) -> None:
        """Tell the tracker of the frames up to the one looked at, and of what was seen there."""
        while self._unfed and self._unfed[0].number <= look.number:
            held = self._unfed.popleft()
            here = held.number == look.number
            seen = placed(found, look.image, held.memory) if here else None
            tracks = self._parts.tracker.update(held.memory, seen, held.cut)
            believed = {track.id: track.box for track in tracks}
            size = shown_size(held.memory.picture, held.memory.orientation)
            self._window.waiting.append(Waiting(held.number, held.memory, here, held.cut, believed, size))
            if here:
                self._window.look(held.number, tracks)
                lost = self._present.lost(held.number, tracks, size)
                self._lost = held.number if lost else None
                self._present.look(held.number, tracks)
                self._last, self._last_came, self.seen = held.number, held.came, seen or ()
                self._shots.seen(held)
        self._forget()

    def _forget(self) -> None:
        """Let hindsight go of the frames that have left without it."""
        oldest = self._line[0].number if self._line else self._present.newest + 1
        while self._window.waiting and self._window.waiting[0].number < oldest:
            self._window.decided()

    def _leaving(self, now: float) -> list[Out]:
        found: list[Out] = []
        while self._line and self._due(self._line[0], now):
            held = self._line[0]
            if self._shots.followed(held):
                found.append(self._let_go(held.came, self._lost == self._last))
                continue
            late = self.late(now)
            longest = self.pace.delay / self.pace.rate + LATE  # seconds for which a frame may wait for a look
            if self.pace.waits and not late and now - held.came <= longest:
                break
            found.append(self._let_go(held.came, late or self.pace.waits or self._in_doubt(held)))
        return found

    def _due(self, held: Held, now: float) -> bool:
        """Whether a frame has waited for as many frames as it has to, or for as long as they usually take: when frames
        are dropped, those that are left come slower."""
        counted = self._present.newest - held.number >= self.pace.delay
        return counted or now - held.came > (self.pace.delay + 0.25) / self.pace.rate

    def _in_doubt(self, held: Held) -> bool:
        """Whether where the last look saw faces says nothing of this frame."""
        stale = held.came - self._last_came > self.pace.stale
        return stale or self._shots.never(held) or self._lost == self._last

    def _let_go(self, came: float, curtain: bool) -> Out:
        """The oldest frame, covered where hindsight knows its faces to be, else where they are believed."""
        held = self._line.popleft()
        covers: Sequence[Cover] = ()
        if known := bool(self._window.waiting) and self._window.waiting[0].number == held.number:
            covers = self._window.decided().covers
        curtain = curtain or self.panic
        if not known and not curtain:
            covers = self._present.covers(held.number)
        return Out(self._hiding(Decided(held.frame, covers, held.looked, held.cut, curtain)), came)
