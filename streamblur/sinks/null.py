"""Nowhere: for trying out, and for measuring what the rest costs."""

from __future__ import annotations

from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.values import SafeFrame, StreamInfo


class _Nowhere:
    def write(self, frame: SafeFrame) -> None:
        """Drop it."""

    def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing is left."""


def build(settings: Settings, info: StreamInfo, place: object) -> Sink:
    """A sink that keeps nothing."""
    return _Nowhere()
