"""streamblur: the same media back, with every face found, followed and covered.

from streamblur import Settings, blur

summary = blur("meeting.mp4", "meeting_blurred.mp4", Settings(style="solid"))
print(summary.frames, summary.tracks)
"""

from __future__ import annotations

import os
from pathlib import Path

from streamblur.compose import Report, default_output, run
from streamblur.errors import InputError, MissingError, OutputError, SettingsError, StreamblurError
from streamblur.settings import Settings
from streamblur.values import Progress, Summary

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
