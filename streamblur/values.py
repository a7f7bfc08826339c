"""The words of the house: what flows through it, as plain values.

Coordinates are upright full-frame pixels as floats, right and bottom exclusive.
Time is ``pts * time_base`` in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NewType, TypeVar

if TYPE_CHECKING:
    import av


@dataclass(frozen=True, slots=True)
class Written:
    """How a picture file was written, so that the same can be written again.

    ``format`` is Pillow's name of it, ``options`` what the encoder is told besides. ``alone`` says that its pictures
    are pages that have nothing to do with each other, ``slides`` that each is shown so long that it is a picture of
    its own though it is a frame of an animation. ``modes`` (kinds of pixels, in Pillow's words; "as stored" for a
    JPEG that never was RGB), ``durations`` (milliseconds) and ``palettes`` (rows of red, green, blue; GIF only) get
    one entry for each frame, before it is handed on.
    """

    format: str
    options: Mapping[str, Any]
    alone: bool
    slides: bool = False
    modes: list[str] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    palettes: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is known of a picture stream before its first frame.

    ``width`` and ``height`` are those of the stored picture; ``orientation`` says how it
    is shown: an EXIF orientation, 1 (as stored) to 8. ``rate`` is frames per second
    (None: unknown), ``frames`` the number of frames announced (None: unknown),
    ``duration`` seconds announced (None: unknown), ``origin`` the file it comes from.
    ``notes`` are sentences for the user about what had to be changed on the way in.
    ``written`` is None for video; ``sound`` says that a live picture has sound beside it.
    """

    width: int
    height: int
    rate: Fraction | None
    time_base: Fraction
    pixel_format: str
    orientation: int = 1
    live: bool = False
    frames: int | None = None
    duration: float | None = None
    origin: Path | None = None
    notes: tuple[str, ...] = ()
    written: Written | None = None
    sound: bool = False

    @property
    def still(self) -> bool:
        """Whether every frame is a picture of its own: a photo, pages, or slides."""
        return self.written is not None and (self.written.alone or self.written.slides)


@dataclass(slots=True)
class Frame:
    """One decoded picture in its own pixel format, and when it is shown."""

    picture: av.VideoFrame
    pts: int
    time_base: Fraction
    orientation: int = 1

    @property
    def time(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in upright full-frame pixels; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)


@dataclass(frozen=True, slots=True)
class Detection:
    """A face seen on this very picture: hairline to chin, ear to ear.

    ``score`` is 0 to 1; ``source`` names the detector; ``votes`` counts the passes
    (whole picture, tiles, scales) that agreed on it.
    """

    box: Box
    score: float
    source: str = ""
    votes: int = 1


@dataclass(frozen=True, slots=True)
class Track:
    """A face believed to be here, whether seen on this frame or predicted.

    ``id`` is stable over the life of the face; ``score`` is the evidence so far that it is a
    face (0 to 1); ``sight`` is what was last seen of it.
    """

    id: int
    box: Box
    seen: bool
    score: float = 1.0
    sight: Detection | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """Where one face is hidden on one frame, before the margin is added.

    ``seen`` on this very frame, by the detectors that ``source`` names; ``score`` (0 to 1) is the confidence that
    there is a face: that of the sight, and between and after sights less, by half for each second. ``exact`` is a
    region that somebody chose: no margin, every corner; its ``track`` is negative.
    """

    track: int
    box: Box
    seen: bool
    score: float = 1.0
    source: str = ""
    exact: bool = False


SafeFrame = NewType("SafeFrame", Frame)
"""A frame on which every known face is covered. Only ``engine`` makes one."""

AnyFrame = TypeVar("AnyFrame", bound=Frame)


@dataclass(frozen=True, slots=True)
class Decided(Generic[AnyFrame]):
    """A frame and what was decided about it: its covers; whether it was ``looked`` at; whether a new shot begins with
    it (``cut``); whether all of it is hidden because nobody could say (``curtain``); ``spared`` areas in which
    no face is hidden, only what is ``exact``."""

    frame: AnyFrame
    covers: Sequence[Cover] = ()
    looked: bool = False
    cut: bool = False
    curtain: bool = False
    spared: Sequence[Box] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: frames written, frames announced (None: unknown), faces on the last frame."""

    frames: int
    total: int | None
    faces: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``tracks`` counts faces followed, ``covered`` face-frames covered,
    ``seconds`` the wall time, ``notes`` what the user should know (dropped streams, conversions); ``still``
    says that the frames are pictures of their own."""

    frames: int
    tracks: int
    covered: int
    seconds: float
    output: Path
    notes: tuple[str, ...] = field(default=())
    still: bool = False
