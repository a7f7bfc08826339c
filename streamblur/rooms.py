"""The parts that the settings name: which there are, and building them.

Nothing heavy is imported until a part is used, so that ``--help`` can ask for ``choices``.
"""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamblur.accepted import picture_at
from streamblur.errors import SettingsError
from streamblur.regions import region
from streamblur.settings import Live, Settings

LOGO = 0.1
"""Height of a watermark that is a picture, as a share of the shorter side."""

if TYPE_CHECKING:
    from streamblur.detectors._eyes import Eyes
    from streamblur.engine import Obscuring, Parts, Wishes
    from streamblur.faces import Faces
    from streamblur.ports import Detector, Sink, Sound, Source
    from streamblur.values import StreamInfo


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


def eyes(settings: Settings, longest: int) -> Eyes:
    """Other eyes than those of a run with these settings, looking at pictures of up to ``longest`` pixels."""
    from streamblur.detectors import _eyes

    return _eyes.build(settings, longest)


def room_for(source: Path, output: Path) -> str:
    """``image`` for a picture, by what it holds; else ``file``, also for a GIF that becomes a video."""
    found = picture_at(source)
    to_video = found == "GIF" and output.suffix.lower() not in (".gif", source.suffix.lower())
    return "image" if found and not to_video else "file"


def overlays(settings: Settings) -> dict[str, Any]:
    """What is laid over faces and frames, as fields of ``Obscuring``.

    Raises InputError or SettingsError when it cannot be read or written.
    """
    if settings.style == "picture" and not settings.picture:
        raise SettingsError("style picture needs a picture to lay over faces: give it with --picture FILE.")
    if not settings.picture and not settings.watermark:
        return {}
    from streamblur.overlays import Overlay
    from streamblur.sources import _overlay

    def read(name: str) -> Overlay:
        place = Path(name)
        return Overlay(_overlay.read(place, place.stat().st_mtime_ns if place.exists() else 0))

    found: dict[str, Any] = {"picture": read(settings.picture)} if settings.picture else {}
    if settings.watermark.lower().endswith(".png"):
        found |= {"mark": read(settings.watermark), "mark_share": LOGO}
    elif settings.watermark:
        found["mark"] = Overlay(_overlay.written(settings.watermark))
    return found


def parts(settings: Settings, detector: Detector) -> Parts:
    from streamblur.engine import Parts

    return Parts(
        detector=detector,
        tracker=part("trackers", settings.tracker).build(settings),
        obscuring=obscuring(settings),
        every=settings.every,
        analysis_size=settings.analysis,
        hindsight=settings.hindsight,
        wishes=wishes(settings),
    )


def obscuring(settings: Settings) -> Obscuring:
    """How the settings hide a face."""
    from streamblur.engine import Obscuring

    style = part("obscurers", settings.style)
    return Obscuring(
        make=lambda component: style.build(settings, component),
        margin=settings.margin,
        ellipse=settings.shape == "ellipse",
        frames=settings.boxes,
        **overlays(settings),
    )


def wishes(settings: Settings, faces: Faces | None = None) -> Wishes:
    """What was chosen by hand, in the settings and in a faces file whose edits are applied.

    Raises SettingsError when a face is to be kept visible and nobody said by a faces file which one it is.
    """
    from streamblur.engine import Wishes

    if faces is None:
        if settings.keep_face:
            raise SettingsError("keep_face needs a faces file: make one with streamblur detect, and give it as faces.")
        return Wishes([region(text) for text in settings.region], [region(text) for text in settings.exclude_region])
    from streamblur.engine.identity import certain

    hidden = dict.fromkeys((*settings.region, *faces.regions))
    excluded = dict.fromkeys((*settings.exclude_region, *faces.excluded))
    kept = certain(faces, faces.kept | set(settings.keep_face))
    return Wishes([region(text) for text in hidden], [region(text) for text in excluded], kept)


NETWORK = ("rtsp", "rtsps", "rtmp", "rtmps", "udp", "tcp", "srt", "http", "https")
"""How an address of the network begins."""


def live_source_room(place: str) -> str:
    """Which room a live source is in, by how its place begins; ``realtime`` for a file."""
    start, colon, _ = place.partition(":")
    if colon and start in ("camera", "screen"):
        return start
    return "network" if "://" in place and start.lower() in NETWORK else "realtime"


def live_source(settings: Live, place: str) -> Source:
    """The live source at ``place``. Raises SettingsError for a file that is not asked to be played in real time."""
    source: Source = part("sources", live_source_room(place)).build(settings, place)
    return source


def live_sink_room(place: str) -> str:
    """Which room a live sink is in, by how its place begins; ``recording`` for a file."""
    start, colon, rest = place.partition(":")
    if colon and (start == "virtualcam" or (start in ("window", "null") and not rest)):
        return start
    return "stream" if "://" in place and start.lower() in NETWORK else "recording"


def live_sink(settings: Live, info: StreamInfo, place: str) -> Sink:
    """A sink for live pictures. Raises OutputError when it cannot be had."""
    room = live_sink_room(place)
    sink: Sink = part("sinks", room).build(settings, info, Path(place) if room == "recording" else place)
    return sink


def sound_for(settings: Live, source: Source) -> Sound | None:
    """The sound of the device asked for, else of the source; None when there is none, or none is wanted."""
    if not settings.audio:
        return None
    if settings.audio_device:
        from streamblur.sources._microphone import Microphone

        return Microphone(settings.audio_device, source)
    return getattr(source, "sound", None)


def devices() -> Any:
    """The module that lists the capture devices of this system."""
    return importlib.import_module("streamblur.sources._devices")
