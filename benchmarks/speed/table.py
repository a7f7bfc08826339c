"""Rounds of runs as medians and spread, as rows of a table, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.leak.bounds import Share
from benchmarks.leak.tool import Run


@dataclass(slots=True)
class Cell:
    """One tool on one clip: its ``runs``, and in the same order those of the null transcode beside each (``floors``);
    ``leak`` exposed face-frames of those in the truth (None: not known)."""

    tool: str
    clip: str
    frames: int
    runs: list[Run] = field(default_factory=list)
    floors: list[Run] = field(default_factory=list)
    leak: Share | None = None

    @property
    def failed(self) -> bool:
        return any(run.code for run in self.runs) or not self.runs

    def efficiencies(self) -> list[float]:
        """Wall time of the null transcode over that of the tool, run by run."""
        return [floor.wall / run.wall for run, floor in zip(self.runs, self.floors, strict=True)]

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"tool": self.tool, "clip": self.clip, "frames": self.frames}
        found |= {"runs": [asdict(run) for run in self.runs]}
        if not self.failed:
            found |= {"efficiency": self.efficiencies()}
            found |= {"cpu_ratio": [f.cpu / r.cpu for r, f in zip(self.runs, self.floors, strict=True)]}
        if self.leak is not None:
            found["leak"] = self.leak.as_json()
        return found


def table(cells: Sequence[Cell]) -> str:
    """Markdown: medians, and the range of the efficiency over the rounds."""
    head = "| clip | tool | fps | CPU ms/frame | memory MB | efficiency | by CPU time | exposed face-frames |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for cell in cells:
        if cell.failed:
            said = cell.runs[-1].said if cell.runs else "not run"
            lines.append(f"| {cell.clip} | {cell.tool} | failed: {said[:80]} | | | | | |")
            continue
        ratios = cell.efficiencies()
        cpu = median(floor.cpu / run.cpu for run, floor in zip(cell.runs, cell.floors, strict=True))
        leak = f"{cell.leak.hits} of {cell.leak.of}" if cell.leak is not None else ""
        lines.append(
            f"| {cell.clip} | {cell.tool} | {cell.frames / median(r.wall for r in cell.runs):.1f} "
            f"| {1000 * median(r.cpu for r in cell.runs) / cell.frames:.0f} | {max(r.memory for r in cell.runs):.0f} "
            f"| {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | {cpu:.2f} | {leak} |"
        )
    return "\n".join(lines)
