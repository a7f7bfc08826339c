"""Everything a user can choose, as one frozen value; every command-line option is one of its fields."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from streamblur.errors import SettingsError
from streamblur.regions import region


@dataclass(frozen=True, slots=True)
class Settings:
    """What to look for, how to hide it, how to write it.

    Looking: ``detector`` a module in ``detectors/``, or several joined by '+'; ``model`` short, full or
    both; ``confidence`` 0 to 1; ``every`` frames between looks (None: as the faces call for, at most 10);
    ``analysis_size`` longest side in pixels of the picture the detector gets; ``min_face`` smallest face
    side in pixels of that picture; ``thorough`` looks for smaller and tilted faces too, in a picture of up
    to 2560 pixels; ``tracker`` a module in ``trackers/``; ``hindsight`` seconds a face is followed back
    and forth through the frames on which nobody recognised it; ``hwaccel`` the device that decodes: none (the
    processor), auto (the first that works) or a name FFmpeg knows, such as cuda, vaapi or videotoolbox.

    Hiding: ``style`` a module in ``obscurers/``; ``strength`` 1 is the measured safe default,
    more is stronger; ``margin`` is added on every side as a share of the face's size;
    ``shape`` box or ellipse; ``boxes`` draws a green frame around each mask; ``picture`` is the file of the picture
    that the style picture lays over faces. ``region`` lists what is always hidden,
    ``exclude_region`` where no face is hidden (a region still is), as ``regions.region`` reads them; ``keep_face``
    lists tracks of a faces file that stay visible wherever they surely are the face that they began with.

    Writing: ``codec`` an FFmpeg encoder name or ``auto`` (that of the input, where it can be written
    well); ``preset`` of the encoder; ``crf`` its quality (None: one at which what is not hidden looks as
    before); ``audio`` copies the sound, ``mute`` keeps its tracks but makes them silent; ``keep`` is a list
    with commas of what is kept besides picture and sound: subtitles, chapters (their times; their titles
    only with metadata), metadata of the whole file; of a photo exif.date (when it was taken), icc (its colour
    profile, else its colours are converted to sRGB), jpeg.blocks (those in which nothing is hidden); ``watermark``
    is a text, or the name of a PNG, written small into the lower right corner; ``force`` replaces an existing output.
    """

    detector: str = "auto"
    model: str = "both"
    confidence: float = 0.2
    every: int | None = None
    analysis_size: int = 1280
    min_face: int = 10
    thorough: bool = False
    tracker: str = "motion"
    hindsight: float = 1.0
    hwaccel: str = "none"
    style: str = "blur"
    strength: float = 1.0
    margin: float = 0.2
    shape: str = "box"
    boxes: bool = False
    picture: str = ""
    region: tuple[str, ...] = ()
    exclude_region: tuple[str, ...] = ()
    keep_face: tuple[int, ...] = ()
    codec: str = "auto"
    preset: str = "medium"
    crf: int | None = None
    audio: bool = True
    mute: bool = False
    keep: str = ""
    watermark: str = ""
    force: bool = False

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SettingsError(f"{name} is {value}: give a value from {low} to {high}.")
        for name, allowed in _CHOICES:
            if getattr(self, name) not in allowed:
                raise SettingsError(f"{name} is {getattr(self, name)!r}: choose one of {', '.join(allowed)}.")
        for text in (*self.region, *self.exclude_region):
            region(text)
        for word in self.kept - KEEPABLE:
            raise SettingsError(f"keep is {word!r}: choose from {', '.join(sorted(KEEPABLE))}, with commas.")
        if self.picture and self.style != "picture":
            raise SettingsError("picture needs the style picture: choose --style picture.")
        if self.mute and not self.audio:
            raise SettingsError("mute needs the sound tracks: leave either mute or no audio out.")

    @property
    def alone(self) -> bool:
        """Whether each picture is looked at for itself and has no second chance, as photos are."""
        return self.every == 1 and self.hindsight == 0

    def for_stills(self) -> Settings:
        """The same for pictures that have nothing to do with each other."""
        return replace(self, every=1, hindsight=0.0)

    def everywhere(self) -> Settings:
        """The same, naming files so that every process and machine finds them."""
        picture = os.path.abspath(self.picture) if self.picture else ""
        return replace(self, picture=picture, watermark=self._mark(os.path.abspath))

    def _mark(self, named: Callable[[str], str]) -> str:
        """The watermark; if it is a file, as ``named`` names it."""
        return named(self.watermark) if self.watermark.lower().endswith(".png") else self.watermark

    def told(self) -> dict[str, Any]:
        """The fields as a report tells them: of files the name only, so that it gives no folder away."""
        return asdict(self) | {"picture": os.path.basename(self.picture), "watermark": self._mark(os.path.basename)}

    @property
    def analysis(self) -> int:
        """Longest side in pixels of the picture that is looked at."""
        return max(self.analysis_size, 2560) if self.thorough or self.alone else self.analysis_size

    @property
    def kept(self) -> frozenset[str]:
        """The words in ``keep``."""
        return frozenset(word.strip() for word in self.keep.split(",") if word.strip())


@dataclass(frozen=True, slots=True)
class Live(Settings):
    """What a user can choose besides for a live picture.

    ``delay`` frames by which every frame is held back, so that later looks can speak about it (None: as many as one
    look interval takes, measured; 0: none); ``size`` WIDTHxHEIGHT and ``fps`` asked of a camera or screen (empty,
    None: its own); ``realtime`` plays a file at its own speed; ``audio_device`` records the sound of this device
    instead of that of the source, as FORMAT:NAME or NAME.
    """

    preset: str = "veryfast"
    delay: int | None = None
    size: str = ""
    fps: float | None = None
    realtime: bool = False
    audio_device: str = ""

    def __post_init__(self) -> None:
        Settings.__post_init__(self)
        if self.delay is not None and not 0 <= self.delay <= 60:
            raise SettingsError(f"delay is {self.delay}: give a value from 0 to 60 frames.")
        if self.fps is not None and not 1 <= self.fps <= 240:
            raise SettingsError(f"fps is {self.fps}: give a value from 1 to 240.")
        if self.size and not re.fullmatch(r"[1-9]\d{1,4}x[1-9]\d{1,4}", self.size):
            raise SettingsError(f"size is {self.size!r}: give it as WIDTHxHEIGHT, such as 1280x720.")


KEEPABLE = frozenset(["chapters", "exif.date", "icc", "jpeg.blocks", "metadata", "subtitles"])
_RANGES: tuple[tuple[str, float, float], ...] = (
    ("confidence", 0.0, 1.0),
    ("every", 1, 300),
    ("analysis_size", 128, 8192),
    ("min_face", 1, 4096),
    ("hindsight", 0.0, 30.0),
    ("strength", 1.0, 4.0),
    ("margin", 0.0, 2.0),
    ("crf", 0, 63),
)
_CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("model", ("short", "full", "both")),
    ("shape", ("box", "ellipse")),
)
