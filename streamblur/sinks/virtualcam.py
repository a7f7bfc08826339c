"""A virtual camera that meeting programs can choose: v4l2loopback on Linux, OBS or Unity Capture elsewhere."""

from __future__ import annotations

import contextlib
from typing import Any

from streamblur.errors import MissingError, OutputError
from streamblur.ports import Sink
from streamblur.settings import Settings
from streamblur.sinks._shown import Shown
from streamblur.values import SafeFrame, StreamInfo

HOW = (
    "on Linux load v4l2loopback (sudo modprobe v4l2loopback), on macOS and Windows install OBS and start its "
    "virtual camera once"
)


def build(settings: Settings, info: StreamInfo, place: str) -> Sink:
    """A camera of the size of the picture; ``place`` is ``virtualcam:`` or ``virtualcam:DEVICE``.

    Raises MissingError without the package pyvirtualcam, OutputError when there is no virtual camera to be had.
    """
    try:
        import pyvirtualcam
    except ImportError as error:
        raise MissingError(
            "virtualcam: needs the package pyvirtualcam: install it with 'python3 -m pip install pyvirtualcam'."
        ) from error
    shown = Shown(info)
    (width, height), rate = shown.size, float(info.rate or 30)
    device = place.partition(":")[2] or None
    try:
        camera: Any = pyvirtualcam.Camera(width, height, rate, fmt=pyvirtualcam.PixelFormat.RGB, device=device)
    except (RuntimeError, ValueError, OSError) as error:
        said = str(error).strip().splitlines()[-1] if str(error).strip() else "none answers"
        raise OutputError(f"there is no virtual camera to write to ({said}): {HOW}.") from error
    return _VirtualCamera(camera, shown)


class _VirtualCamera:
    def __init__(self, camera: Any, shown: Shown) -> None:
        self._camera, self._shown = camera, shown
        self.notes = (f"virtual camera: {camera.device}",)

    def write(self, frame: SafeFrame) -> None:
        """Show one frame. Raises OutputError when the camera is gone."""
        try:
            self._camera.send(self._shown.pixels(frame, "rgb24"))
        except (RuntimeError, OSError) as error:
            raise OutputError(f"the virtual camera is gone: {error}. Start it again.") from error

    def close(self) -> None:
        """Give the camera back."""
        self._camera.close()

    def abort(self) -> None:
        """Give the camera back. Never raises."""
        with contextlib.suppress(Exception):
            self._camera.close()
