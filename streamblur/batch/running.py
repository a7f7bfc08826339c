"""Going through the jobs on an Executor: what is done already is skipped, and one bad file stops no other."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from streamblur import __version__
from streamblur.batch.journal import Journal, Stamp
from streamblur.batch.outcome import Outcome, digest, failure
from streamblur.batch.plan import Job
from streamblur.batch.work import Task
from streamblur.errors import StreamblurError
from streamblur.settings import Settings
from streamblur.sinks._partial import swept

logger = logging.getLogger(__name__)
TICK = 0.2
"""Seconds between calls of ``tick`` while nothing ends."""
COARSE = 2_000_000_000
"""Nanoseconds to which some file systems round the time of a change."""
_TRIES = 3
"""How often a file is handed out again when all workers broke down, whosever fault it was."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the jobs run: ``call`` is what the executor is given with each task, ``ahead`` how many it gets at a time
    (each in a slot of its own, 0 to ahead - 1), ``tick`` is called about five times a second."""

    executor: Executor
    call: Callable[[Task], Outcome]
    ahead: int
    tick: Callable[[dict[int, str]], None] = lambda _: None


def outcomes(jobs: Sequence[Job], settings: Settings, ways: Ways) -> Iterator[Outcome]:
    """Yield what became of each job, as they end. Closing the generator leaves what runs to the executor's owner."""
    with ExitStack() as stack:
        batch = _Batch(jobs, settings, ways, stack)
        yield from batch.run()


class _Batch:
    def __init__(self, jobs: Sequence[Job], settings: Settings, ways: Ways, stack: ExitStack) -> None:
        self._settings, self._ways, self._stack = settings, ways, stack
        self._waiting = deque((job, 1) for job in jobs)
        self._running: dict[Future[Outcome], tuple[Task, int]] = {}
        self._free = list(range(ways.ahead))
        self._journals: dict[Path, Journal] = {}
        self._left = Counter(job.output.parent for job in jobs)
        self._digest = settings_digest(settings)

    def run(self) -> Iterator[Outcome]:
        while self._waiting or self._running:
            while self._waiting and self._free:
                job, tries = self._waiting.popleft()
                if (known := self._start(job, tries)) is not None:
                    yield self._over(job, known)
            self._ways.tick({task.slot: task.job.source_name for task, _ in self._running.values()})
            for future in wait(self._running, TICK, FIRST_COMPLETED).done:
                task, tries = self._running.pop(future)
                self._free.append(task.slot)
                if (outcome := self._ended(future, task.job, tries)) is not None:
                    yield self._over(task.job, outcome)

    def _start(self, job: Job, tries: int) -> Outcome | None:
        """Hand the job out; or what is known of it without."""
        try:
            journal = self._journal(job.output.parent)
            if (known := self._done_before(journal, job)) is not None:
                return known
            settings = self._settings
            there = Stamp.of(job.send or job.output)
            if there is not None and _was_stopped(journal.last(job.output.name), there):
                settings = replace(settings, force=True)
            if settings.force or there is None:
                source = _stamp(job.fetch or job.source)
                journal.add(job.output.name, "claimed", at=time.time_ns(), source_stamp=source)
        except (StreamblurError, OSError) as error:
            return failure(job, str(error))
        task = Task(job, settings, self._free.pop())
        self._running[self._ways.executor.submit(self._ways.call, task)] = task, tries
        return None

    def _journal(self, folder: Path) -> Journal:
        if folder not in self._journals:
            folder.mkdir(parents=True, exist_ok=True)
            self._journals[folder] = journal = Journal(folder)
            self._stack.callback(journal.close)
        return self._journals[folder]

    def _done_before(self, journal: Journal, job: Job) -> Outcome | None:
        """What the journal says of a job whose output is there, whole, from this very input and settings."""
        last = journal.last(job.output.name)
        if self._settings.force or last.get("state") != "done" or last.get("settings") != self._digest:
            return None
        facts: dict[str, Any] = last["facts"]
        same = _same(job.send or job.output, last["output_stamp"], facts["sha256_out"])
        if not same or not _same(job.fetch or job.source, last["source_stamp"], facts["sha256_in"]):
            return None
        return Outcome(job.source_name, job.output_name, earlier=True, **facts)

    def _ended(self, future: Future[Outcome], job: Job, tries: int) -> Outcome | None:
        """What became of a task; None when it is tried again."""
        try:
            return future.result()
        except (BrokenExecutor, CancelledError):
            if tries < _TRIES:
                self._waiting.appendleft((job, tries + 1))
                return None
            why = "all workers ended"
        except Exception as error:  # pebble's ProcessExpired, and what other executors call it
            code = getattr(error, "exitcode", None)
            why = f"its worker was killed (signal {-code})" if code is not None and code < 0 else str(error)
        return failure(job, f"{job.source_name} was not finished: {why}. Try it alone, with --jobs 1.")

    def _over(self, job: Job, outcome: Outcome) -> Outcome:
        """Remember the outcome, and let go of a folder after its last job."""
        folder, name = job.output.parent, job.output.name
        journal = self._journals.get(folder)
        if journal is not None and not outcome.earlier and journal.last(name).get("state") == "claimed":
            state = {} if outcome.failed else self._done(job, outcome, journal)
            try:
                journal.add(name, "failed" if outcome.failed else "done", **state)
            except StreamblurError as error:  # not remembered, and so done again next time; nothing else is lost
                logger.warning("%s", error)
        if outcome.failed:
            swept(job.output)
        self._left[folder] -= 1
        if journal is not None and not self._left[folder]:
            journal.close()
            del self._journals[folder]
        return outcome

    def _done(self, job: Job, outcome: Outcome, journal: Journal) -> dict[str, Any]:
        stamps = {
            "source_stamp": journal.last(job.output.name)["source_stamp"],
            "output_stamp": _stamp(job.send or job.output),
        }
        return {"settings": self._digest, "facts": outcome.facts(), **stamps}


def _stamp(place: Path | str) -> dict[str, Any] | None:
    stamp = Stamp.of(place)
    return None if stamp is None else asdict(stamp)


def _same(place: Path | str, stamp: dict[str, Any] | None, sha256: str) -> bool:
    """Whether the file is the one that was seen: by size and time, or else by what it holds."""
    now = Stamp.of(place)
    if now is None or stamp is None or now.size != stamp["size"]:
        return False
    return now.changed == stamp["changed"] or (isinstance(place, Path) and digest(place) == sha256)


def _was_stopped(last: dict[str, Any], there: Stamp) -> bool:
    """Whether the output there was finished by a batch that died before it could say so. (Elsewhere: unknown.)"""
    late = isinstance(there.changed, int) and there.changed >= last.get("at", 0) - COARSE
    return late and last.get("state") == "claimed"


def settings_digest(settings: Settings) -> str:
    """What tells two settings apart that make different outputs: also the version, and the files they name."""
    told = {key: value for key, value in asdict(settings).items() if key != "force"}
    for key in ("picture", "watermark"):
        if told.get(key) and Path(told[key]).is_file():
            told[f"{key}_sha256"] = digest(Path(told[key]))
    return hashlib.sha256(json.dumps([__version__, told], sort_keys=True).encode()).hexdigest()
