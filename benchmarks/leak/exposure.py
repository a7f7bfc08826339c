"""Is this face still visible? The measure is the package's own, so that ``streamblur verify`` tells users the same."""

from __future__ import annotations

from streamblur.exposure import EXPOSED, exposed, shown

__all__ = ["EXPOSED", "exposed", "shown"]
