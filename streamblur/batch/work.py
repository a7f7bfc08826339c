"""Doing one file, in whatever process or machine an ``Executor`` puts it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamblur import compose, rooms, stills
from streamblur.batch import remote
from streamblur.batch.outcome import Outcome, Seen, digest, failure, outcome_of
from streamblur.batch.plan import Job
from streamblur.batch.standard import private_folder
from streamblur.errors import StreamblurError
from streamblur.ports import Image
from streamblur.settings import Settings
from streamblur.values import Detection, Progress

if TYPE_CHECKING:
    from streamblur.ports import Detector

logger = logging.getLogger(__name__)
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Task:
    """One file to do. ``slot`` is where its progress is told (see ``workers``)."""

    job: Job
    settings: Settings
    slot: int = 0


class Shelf:
    """Detectors that are used again for the next file: their networks take a second to load, and what they remember
    of the file before is forgotten."""

    def __init__(self) -> None:
        self._free: dict[Settings, Detector] = {}

    def lend(self, settings: Settings) -> Detector:
        """A detector that knows nothing of other files; closing it puts it back."""
        detector = self._free.pop(settings, None)
        return _Lent(self, settings, detector if detector is not None else rooms.detector_for(settings))

    def put_back(self, settings: Settings, detector: Detector) -> None:
        """Take back one that was lent."""
        if settings in self._free or not stills.forgetful(detector):
            detector.close()
        else:
            self._free[settings] = detector

    def close(self) -> None:
        """Close all that are here."""
        while self._free:
            self._free.popitem()[1].close()


class _Lent:
    def __init__(self, shelf: Shelf, settings: Settings, detector: Detector) -> None:
        self._shelf, self._settings, self._detector = shelf, settings, detector
        self._closed = False
        self.notes: tuple[str, ...] = getattr(detector, "notes", ())
        if hasattr(detector, "forget"):
            self.forget = detector.forget

    def detect(self, image: Image) -> Sequence[Detection]:
        return self._detector.detect(image)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._shelf.put_back(self._settings, self._detector)


def work(task: Task, shelf: Shelf | None = None, report: Report | None = None) -> Outcome:
    """Do one file; whatever goes wrong with it is an outcome, never an error."""
    job = task.job
    with ExitStack() as stack:
        try:
            source, output = _here(task, stack)
        except StreamblurError as error:
            return failure(job, str(error))
        before = digest(source)
        why = ""
        try:
            seen = Seen()
            lend = shelf.lend if shelf is not None else None
            summary = compose.run(task.settings, source, output, report, seen, lend=lend)
            outcome = outcome_of(job, (source, output), before, summary, seen)
            if job.send:
                remote.sent(output, job.send)
            return outcome
        except StreamblurError as error:
            why = str(error).replace(str(source), job.source_name).replace(str(output), job.output_name)
        except MemoryError:
            why = f"{job.source_name} needs more memory than there is: try --jobs 1."
        except Exception as error:
            logger.exception("%s", job.source_name)
            what = f"{type(error).__name__}: {error}"
            why = f"{job.source_name} met an error in streamblur itself ({what}): please report it."
        return failure(job, why, before)


def _here(task: Task, stack: ExitStack) -> tuple[Path, Path]:
    """Source and output as files of this machine, in a private folder where they are not."""
    job = task.job
    if not job.fetch and not job.send:
        return job.source, job.output
    folder = stack.enter_context(private_folder())
    if job.send:
        remote.free(job.send, task.settings.force)
        (folder / "out").mkdir()
    source = remote.fetched(job.fetch, folder) if job.fetch else job.source
    return source, folder / "out" / remote.name_of(job.send) if job.send else job.output
