"""What somebody asked to go over: which recording, which faces file, where the result goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamblur.settings import Settings
from streamblur.web.jobs import Job


@dataclass(frozen=True, slots=True)
class Task:
    """What to go over: an input that its owner named (absolute, as are all places), its faces file (which may not be
    there yet), where the result goes, and how faces are found and hidden. Of a ``job`` it is for the job's owner alone,
    and replaces its result; otherwise it is for whoever knows its id."""

    source: Path
    place: Path
    output: Path
    settings: Settings
    job: Job | None = None

    def told(self) -> dict[str, Any]:
        """What the page calls things; ``faces`` is the file that changes are saved to, if it lies where one can see."""
        if self.job is None:
            return {"name": self.source.name, "faces": self.place.name, "output": self.output.name, "download": False}
        return {"name": self.job.name, "faces": "", "output": self.job.saved_as, "download": True}
