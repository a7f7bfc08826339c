"""Live pictures: from a camera, a screen, the network or a file played in real time to a window, a recording, a stream
or a virtual camera, every face hidden on the way.

    source ─▶ intake ─▶ LiveFlow ─▶ window
              thread      └ detector  └▶ outlets, a thread each
                            beside
"""

from __future__ import annotations

from streamblur.live.driving import Choices, Ended, run
from streamblur.live.status import Status

__all__ = ["Choices", "Ended", "Status", "run"]
