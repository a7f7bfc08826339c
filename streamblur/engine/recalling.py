"""Covers out of a faces file instead of out of looking: beside hindsight, and fail closed like it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from streamblur.errors import InputError
from streamblur.faces import Faces
from streamblur.values import Decided, Frame

_OTHER = "the faces file belongs to another recording: write it again with streamblur detect"


def recalled(frames: Iterable[Frame], faces: Faces) -> Iterator[Decided[Frame]]:
    """Yield each frame with the covers that ``faces``, with its edits applied, knows for its time stamp.

    Raises InputError at a frame that it does not know, and at the end when it knows more.
    """
    looked, cuts, curtain = (_flags(each, len(faces.times)) for each in (faces.looked, faces.cuts, faces.curtain))
    expected = 0
    for frame in frames:
        number = faces.frame(frame.pts)
        if number != expected or frame.time_base != faces.time_base:
            raise InputError(f"there is a frame at {frame.time:.3f} s of which the faces file knows nothing: {_OTHER}.")
        expected += 1
        yield Decided(frame, faces.covers(number), looked[number], cuts[number], curtain[number])
    if expected != len(faces.times):
        raise InputError(f"there are {expected} frames, the faces file knows {len(faces.times)}: {_OTHER}.")


def _flags(numbers: object, count: int) -> list[bool]:
    flags = np.zeros(count, np.bool_)
    flags[numbers] = True  # type: ignore[call-overload]
    return list(flags.tolist())
