"""What a client asks for, checked word by word: settings, edits, times."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields
from typing import Any

from streamblur import rooms
from streamblur.errors import SettingsError
from streamblur.settings import Settings

LEFT_OUT = frozenset(["force", "hwaccel", "keep_face", "picture"])
"""Fields of ``Settings`` that mean nothing here, or that name a file or a device of this machine."""
_FIELDS = {field.name: field for field in fields(Settings) if field.name not in LEFT_OUT}
_ROOMS = {"style": "obscurers", "tracker": "trackers"}
_MOST_EDITS = 500


def read(text: str) -> dict[str, Any]:
    """A JSON object. Raises SettingsError for anything else."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise SettingsError("The settings are not JSON.") from error
    if not isinstance(found, dict):
        raise SettingsError("The settings are not a JSON object.")
    return found


def settings(said: Any) -> Settings:
    """Settings from a JSON object. Raises SettingsError for what is unknown, of a wrong type or out of range."""
    said = {} if said is None else said
    if not isinstance(said, dict):
        raise SettingsError("settings is not a JSON object.")
    for name in said:
        if name not in _FIELDS:
            raise SettingsError(f"There is no setting {str(name)[:40]!r}.")
    chosen = Settings(**{name: _value(name, value) for name, value in said.items()})
    for name, room in _ROOMS.items():
        _known(room, getattr(chosen, name))
    if chosen.style not in styles() or chosen.watermark.lower().endswith(".png"):
        raise SettingsError("A picture cannot be laid over faces, or into the corner, from the page.")
    for detector in chosen.detector.split("+"):
        _known("detectors", detector)
    for word in (chosen.codec, chosen.preset):
        if not re.fullmatch(r"[a-z0-9_-]{1,32}", word):
            raise SettingsError("codec and preset are words of an encoder.")
    return chosen


def styles() -> list[str]:
    """The styles that need no file of this machine."""
    return [name for name in rooms.choices("obscurers") if name != "picture"]


def _known(room: str, name: str) -> None:
    if name not in rooms.choices(room):
        raise SettingsError(
            f"There is no {str(name)[:40]!r} in {room}: choose one of {', '.join(rooms.choices(room))}."
        )


def _value(name: str, value: Any) -> Any:
    """``value`` if it is of the type of the field."""
    default = _FIELDS[name].default
    if name in ("every", "crf"):
        good = value is None or (isinstance(value, int) and not isinstance(value, bool))
    elif isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, float):
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    elif isinstance(default, tuple):
        good = isinstance(value, list) and len(value) <= _MOST_EDITS and all(isinstance(each, str) for each in value)
        value = tuple(value) if good else value
    else:
        good = type(value) is type(default) and (not isinstance(value, str) or len(value) <= 100)
    if not good:
        raise SettingsError(f"{name} is of the wrong type.")
    return float(value) if isinstance(default, float) else value


def edits(said: Any, photo: bool) -> dict[str, Any]:
    """Of a photo: ``off``, boxes of faces that are not hidden, and ``added``, boxes that are. Of a recording: ``keep``,
    numbers of faces that are not hidden, and ``boxes`` that are, each with the ``time`` in seconds where it was drawn.
    Boxes are shares of the picture. Raises SettingsError for anything else.
    """
    said = {} if said is None else said
    try:
        found: dict[str, list[Any]] = {name: [box(each) for each in said.get(name, [])] for name in ("off", "added")}
        found["keep"] = [_number(each) for each in said.get("keep", [])]
        found["boxes"] = [{"time": seconds(each["time"]), "box": box(each["box"])} for each in said.get("boxes", [])]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError("edits are off, added, keep and boxes, all of them lists.") from error
    if any(found[name] for name in (("keep", "boxes") if photo else ("off", "added"))):
        raise SettingsError("off and added are for photos, keep and boxes for recordings.")
    if sum(map(len, found.values())) > _MOST_EDITS:
        raise SettingsError(f"There may be {_MOST_EDITS} edits at most.")
    return {name: each for name, each in found.items() if each}


def box(said: Any) -> list[float]:
    """A place in the picture. Raises SettingsError for what is none."""
    try:
        left, top, right, bottom = found = [float(share) for share in said]
    except (TypeError, ValueError):
        found = []
    if not found or not all(-0.5 <= share <= 1.5 for share in found) or min(right - left, bottom - top) < 0.001:
        raise SettingsError("A box is left, top, right, bottom, as shares of the picture.")
    return found


def _number(said: Any) -> int:
    if type(said) is not int or not 0 <= said < 1 << 31:
        raise SettingsError("keep is a list of numbers of faces.")
    return said


def seconds(said: Any) -> float:
    """A time in a recording. Raises SettingsError."""
    if isinstance(said, bool) or not isinstance(said, (int, float)) or not 0 <= said < 1e6:
        raise SettingsError("time is a number of seconds.")
    return float(said)
