"""What comes out of a device or a connection, and what goes wrong there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av


class Broken(Exception):
    """The connection is gone; may come back."""


class GrabbedSound:
    """Hands on the sound that comes along with the pictures; see ``ports.Sound``."""

    def __init__(self) -> None:
        self.hear: Callable[[Any, float], None] = lambda frame, time: None

    def listen(self, hear: Callable[[Any, float], None], told: Callable[[str], None]) -> None:
        self.hear = hear

    def close(self) -> None:
        self.hear = lambda frame, time: None


def decoded(packet: Any) -> list[Any]:
    """The pictures or sounds in a packet; none when it is damaged or its start was missed, as after tuning in."""
    try:
        return list(packet.decode())
    except av.error.InvalidDataError:
        return []


def what(error: Exception) -> str:
    """The reason in an error of FFmpeg or the system."""
    if isinstance(error, av.error.ProtocolNotFoundError):
        return "this PyAV's FFmpeg was built without that protocol; use another one"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
