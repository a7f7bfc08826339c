"""Live pictures: from a camera, a screen, the network or a file played in real time to a window, a recording, a stream
or a virtual camera, every face hidden on the way.

    source ─▶ intake ─▶ LiveFlow ─▶ window
              thread      └ detector  └▶ outlets, a thread each
                            beside
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamblur.live.status import Choices, Ended, Status
from streamblur.settings import Live

if TYPE_CHECKING:
    from streamblur.ports import Sink, Source

__all__ = ["Choices", "Ended", "Status", "run"]


def run(settings: Live, source: str | Source, to: Sequence[str | Sink], choices: Choices | None = None) -> Ended:
    """Hide every face in what ``source`` shows and write it to all of ``to``, until it ends, or is stopped.

    ``source`` and ``to`` are places as on the command line, or parts of one's own; a sink of one's own is used on a
    thread of its own, and gets frames that it may keep. To be called on the main thread when a window is among them.
    Raises a StreamblurError for whatever a user can mend, and OutputError when no place is left to write to; on any
    error no thread goes on but one that hangs in a device or a detector.
    """
    from streamblur.live import driving

    return driving.run(settings, source, to, choices or Choices())
