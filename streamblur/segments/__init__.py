"""One long recording on many processors or machines, with the very masks that one would give it.

    look      at each chapter, anywhere ───┐ what was seen on each picture
    follow    all of it once, here: decode, recall what was seen, track, hindsight ──┐ faces, chapter by chapter
    cover     and encode each chapter, anywhere ───┐ a piece of the picture track
    join      the pieces as they are, here, with the sound and the rest of the original

Looking and mosaics begin anew with every chapter wherever a recording is done (``engine.chapters``), so what a chapter
shows depends on nothing before it; tracks and hindsight know no chapters, and are done in one go. What was seen is
recalled by the picture itself (``looks``): if another machine read other pictures than this one, that is noticed.
"""

from __future__ import annotations

from streamblur.segments.running import run

__all__ = ["run"]
