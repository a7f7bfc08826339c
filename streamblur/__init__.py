"""streamblur: the same media back, with every face found, followed and covered.

from streamblur import Settings, blur

summary = blur("meeting.mp4", "meeting_blurred.mp4", Settings(style="solid"))
print(summary.frames, summary.tracks)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamblur.compose import Report, default_output, picture, run
from streamblur.errors import InputError, MissingError, OutputError, SettingsError, StreamblurError
from streamblur.settings import Settings
from streamblur.values import Progress, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "InputError",
    "MissingError",
    "OutputError",
    "Progress",
    "Settings",
    "SettingsError",
    "StreamblurError",
    "Summary",
    "__version__",
    "blur",
    "blur_image",
]
__version__ = "0.1.0"


def blur(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    settings: Settings | None = None,
    progress: Report | None = None,
) -> Summary:
    """Cover every face in the recording ``source`` and write it to ``output``.

    ``output`` is ``<stem>_blurred<suffix>`` beside the source unless given. ``progress`` is called
    with a ``Progress`` after each frame. Raises a ``StreamblurError`` (its classes tell input, output,
    settings and missing things apart) and then leaves no output behind.
    """
    place = Path(source)
    return run(settings or Settings(), place, Path(output) if output is not None else default_output(place), progress)


def blur_image(source: str | os.PathLike[str] | NDArray[Any], settings: Settings | None = None) -> NDArray[Any]:
    """Cover every face in one picture and give it back as a new array; nothing is written.

    An array is (height, width) grey, (height, width, 3) red, green, blue or (height, width, 4) with alpha, of uint8 or
    uint16, upright; the answer has its shape and type. Of a file the answer is one of these, as its pixels are, upright
    and in sRGB. Raises InputError for anything else, and for a file of more than one picture.
    """
    place = Path(source) if isinstance(source, (str, os.PathLike)) else source
    return picture(settings or Settings(), place)
