"""One frame of a recording, at a given time, without reading all that comes before it."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av

from streamblur.errors import InputError
from streamblur.sources._open import opened, picture_stream, readable
from streamblur.sources._pictures import Pictures, orientation
from streamblur.values import Frame


def moment(place: Path, seconds: float) -> Frame:
    """The frame of the recording ``place`` that is shown ``seconds`` after its first; its last when it ends before.

    Raises InputError when it is no video or cannot be decoded there.
    """
    with ExitStack() as stack:
        container = opened(place, stack.enter_context(readable(place)), stack)
        stream = picture_stream(place, container)
        ticks = Fraction(stream.time_base or Fraction(1, 1000))
        wanted = (stream.start_time or 0) + round(Fraction(seconds) / ticks)
        last = None
        try:
            if seconds > 0:
                container.seek(wanted, stream=stream)
            for picture in container.decode(stream):
                if last is not None and picture.pts is not None and picture.pts > wanted:
                    break
                last = picture
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"{place} cannot be decoded near {seconds:.1f} s: it is damaged.") from error
        if last is None:
            raise InputError(f"{place} holds no frame near {seconds:.1f} s.")
        return Frame(Pictures(last)(last), last.pts or 0, ticks, orientation(last))
