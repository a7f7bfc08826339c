"""The measurements as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.leak.bounds import Share
from benchmarks.leak.report import EDGES, Report, bin_of
from benchmarks.leak.tool import Run

Row = tuple[str, Report, Run]
HEAD = ("clip", "frames", "faces", "exposed", "rate", "bound", "tracks", "bound", "run", "onset", "cut", "gaps")
MASKS = (
    "clip",
    "masked",
    "outside",
    "false",
    "/min",
    "on frames",
    "jitter",
    "missing",
    "unclear",
    "cpu ms/f",
    "wall s",
    "MB",
)


def table(rows: Sequence[Row]) -> str:
    """Three tables: who is exposed, by face width, and what was masked at what cost."""
    parts = [
        _aligned([HEAD, *(_leaks(*row) for row in rows)]),
        _aligned([("clip", *_bins()), *((name, *_by_width(report)) for name, report, _ in rows if report.widths)]),
        _aligned([MASKS, *(_masks(*row) for row in rows)]),
    ]
    return "\n\n".join(parts)


def _leaks(name: str, report: Report, run: Run) -> tuple[str, ...]:
    leak, tracks = report.leak, report.tracks
    return (
        name,
        str(report.frames),
        str(leak.of),
        str(leak.hits),
        _percent(leak.rate),
        _percent(leak.bound),
        f"{tracks.hits}/{tracks.of}",
        _percent(tracks.bound),
        str(report.longest),
        f"{report.onset.hits} in {report.onset_tracks.hits}",
        _ratio(report.after_cuts),
        str(report.gaps),
    )


def _masks(name: str, report: Report, run: Run) -> tuple[str, ...]:
    return (
        name,
        _percent(report.masked_share),
        _percent(report.over_blur),
        str(report.false_masks),
        "-" if report.false_per_minute is None else f"{report.false_per_minute:.1f}",
        _percent(report.false_frames.rate),
        _percent(report.jitter),
        str(report.missing),
        str(report.unclear),
        f"{run.cpu * 1000 / report.frames:.0f}" if report.frames else "-",
        f"{run.wall:.1f}",
        f"{run.memory:.0f}",
    )


def _bins() -> list[str]:
    return [bin_of(edge) or "" for edge in EDGES]


def _by_width(report: Report) -> list[str]:
    shares = [report.widths.get(name, Share()) for name in _bins()]
    return [f"{_ratio(share)} {_percent(share.rate)} <{_percent(share.bound)}" if share.of else "-" for share in shares]


def _ratio(share: Share) -> str:
    return f"{share.hits}/{share.of}" if share.of else "-"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"


def _aligned(rows: Iterable[Sequence[str]]) -> str:
    lines = list(rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
