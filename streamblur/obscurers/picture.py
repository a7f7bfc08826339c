"""A picture over each face. The obscurer is the safe blur that lies under it, so that nothing of the face shows through
its transparent parts; the engine lays the picture on top (``overlays``)."""

from __future__ import annotations

from streamblur.obscurers.blur import build

__all__ = ["build"]
