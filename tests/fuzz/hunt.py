"""Damage, run, judge; again until the time is over."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import av
from runs import BUG, Ended, Runs

from fuzz.damage import damaged
from fuzz.seeds import made

HANG = 10.0
"""Seconds after which a run is taken to hang."""
MOST_MEGABYTES = 1024


@dataclass
class Hunt:
    """What was found: sentences, and how the runs ended."""

    found: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)


def hunt(folder: Path, seconds: float, seed: int, most: int = 1_000_000, keep: Path | None = None) -> Hunt:
    """Look for ``seconds`` or ``most`` files; what does harm is copied to ``keep``."""
    chance, result, seeds = random.Random(seed), Hunt(), made(folder)
    desk = folder / "desk"
    desk.mkdir()
    deadline = time.monotonic() + seconds
    with contextlib.closing(Runs(folder / "log")) as runs:
        for _ in range(most):
            if time.monotonic() > deadline:
                break
            name = chance.choice(sorted(seeds))
            source = desk / f"in{Path(name).suffix}"
            source.write_bytes(damaged(seeds[name], chance))
            output = desk / f"out{source.suffix}"
            ended = runs.ended(runs.start(source, output), HANG)
            wrong = judged(ended, source, output)
            result.ends["written" if ended.code == 0 else "refused" if ended.code == 1 else "WRONG"] += 1
            if wrong:
                result.found.append(f"{name} {_kept(source, name, ended, keep)}: {wrong}")
            for left in desk.iterdir():
                left.unlink()
    return result


def _kept(source: Path, name: str, ended: Ended, keep: Path | None) -> str:
    """The mark under which the file that did harm is put into ``keep``."""
    mark = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    if keep is not None:
        keep.mkdir(exist_ok=True)
        (keep / f"{mark}-{name}").write_bytes(source.read_bytes())
        (keep / f"{mark}-{name}.said").write_text(ended.said)
    return mark


def judged(ended: Ended, source: Path, output: Path) -> str:
    """What is wrong with a run; empty when nothing is."""
    left = sorted(p.name for p in output.parent.iterdir() if p not in (source, output))
    said = ended.said.strip().splitlines()[-1:] or [""]
    if ended.code < 0:
        return "hangs" if ended.code == -14 else f"dies of signal {-ended.code}"
    if ended.code == BUG:
        return f"ends in a bug: {said[0]}"
    if ended.megabytes > MOST_MEGABYTES:
        return f"takes {ended.megabytes:.0f} MB"
    if left:
        return f"leaves {left} behind"
    if output.exists() != (ended.code == 0):
        return f"exit code {ended.code}, but output {'there' if output.exists() else 'missing'}"
    return _unreadable(output) if ended.code == 0 else ""


def _unreadable(output: Path) -> str:
    try:
        with av.open(str(output)) as container:
            frames = sum(1 for _ in container.decode(video=0))
    except av.FFmpegError as error:
        return f"writes what cannot be read: {error}"
    return "" if frames else "writes no frames"
