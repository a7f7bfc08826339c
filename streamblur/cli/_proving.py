"""The part of ``streamblur blur`` that goes by what was found before, looks again, mends and reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from streamblur.cli._terminal import printable
from streamblur.findings import Finding, Verified
from streamblur.settings import Settings
from streamblur.values import Progress, Summary

if TYPE_CHECKING:
    from streamblur.faces import Faces
    from streamblur.proving import Proved

UNRESOLVED = 3
"""Exit code when a face can still be seen in the output, and --strict was given."""
ASKED = ("faces", "verify", "repair", "strict", "report", "from_report")
REPORTS = (".html", ".htm", ".json")
"""Suffixes of reports on one file; any other --report is a log."""
Show = Callable[[Progress], None] | None


class Asked:
    """A run with what the options under "Proving" ask for, and what came of it."""

    def __init__(self, context: click.Context) -> None:
        self._context = context
        self._proved: Proved | None = None

    @property
    def page(self) -> bool:
        """Whether a page is all that is asked for, which there can be of many files as well."""
        others = (name for name in ASKED if name != "report")
        report = self._context.params["report"]
        return not any(self._context.params[name] for name in others) and report.suffix.lower() != ".json"

    def run(self, settings: Settings, source: Path, output: Path, show: Show) -> Summary:
        """``compose.run`` with its proof."""
        from streamblur.proving import Proof, prove

        asked = self._context.params
        settings, faces = _known(self._context, settings)
        proof = Proof(asked["report"], asked["verify"] or asked["strict"], asked["repair"], faces)
        self._proved = prove(settings, source, output, proof, show)
        return self._proved.summary

    def tell(self, quiet: bool) -> None:
        """Say what another look found; exit with 3 if that must not be."""
        if self._proved is not None:
            tell(self._context, self._proved, quiet)


def asked(context: click.Context) -> Asked | None:
    """What is asked for besides the output, if anything is; a log is none of it."""
    report = context.params["report"]
    log = report is not None and report.suffix.lower() not in REPORTS
    if any(context.params[name] for name in ASKED if not (log and name == "report")):
        return Asked(context)
    return None


def _known(context: click.Context, settings: Settings) -> tuple[Settings, Faces | None]:
    """The faces to hide, if they were found before, and the settings; those on the command line win over a report's."""
    from streamblur.faces import file

    faces, report = context.params["faces"], context.params["from_report"]
    if faces is not None and report is not None:
        raise click.UsageError("Give either --faces or --from-report: both say who is where.")
    if report is None:
        return settings, file.read(faces) if faces is not None else None
    from streamblur.proving import reproduced

    told, found = reproduced(report)
    typed = {f.name for f in fields(Settings) if context.get_parameter_source(f.name) is ParameterSource.COMMANDLINE}
    kept = typed | {"keep_face", "force"}
    again = {n: _plain(v) for n, v in told.items() if hasattr(settings, n) and n not in kept}
    if wrong := [n for n, value in again.items() if type(value) not in _kinds(n)]:
        raise click.UsageError(f"{printable(report)} says {wrong[0]!r} in a way that no streamblur does.")
    try:
        return replace(settings, **again), found
    except (TypeError, ValueError) as error:
        raise click.UsageError(f"{printable(report)} holds settings that are none.") from error


def _kinds(name: str) -> tuple[type, ...]:
    """The types that a field of the settings may have."""
    default = getattr(Settings(), name)
    return (int, type(None)) if default is None else (int, float) if isinstance(default, float) else (type(default),)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def tell(context: click.Context, proved: Proved, quiet: bool) -> None:
    """Say what another look found; exit with 3 if that must not be."""
    if not quiet:
        if proved.rounds:
            click.echo(f"Mended and written again: {proved.rounds} time{'s' if proved.rounds > 1 else ''}.")
        if proved.verified is not None:
            tell_findings(proved.verified)
        if (report := context.params["report"]) is not None:
            click.echo(f"Report: {printable(report)}")
    if context.params["strict"] and proved.unresolved:
        context.exit(UNRESOLVED)


def tell_findings(verified: Verified) -> None:
    """A line for each place where a face is left, one for who looked, and one for all."""
    for finding in verified.findings:
        click.echo(line(finding))
    click.echo(f"Eyes: {'; '.join(verified.eyes)}.")
    count = len(verified.findings)
    what = "no face left" if not count else f"{count} place{'s' if count > 1 else ''} where a face can be seen"
    frames = f"{verified.frames} frame{'s' if verified.frames != 1 else ''}"
    click.echo(f"Looked again at {frames}: {what}.")


def line(finding: Finding) -> str:
    """When, where, how large and how sure."""
    from streamblur.report import code

    box, span = finding.box, code(finding.start, 2)
    if finding.end > finding.start:
        span += f" to {code(finding.end, 2)}"
    size = f"{box.width:.0f}x{box.height:.0f} px at {box.left:.0f},{box.top:.0f}"
    whose = f", face {finding.track}" if finding.track is not None else ""
    seen = f"score {finding.score:.2f}, {finding.shown:.0%} of its detail"
    return f"Face left: {span}, {finding.frames} frame{'s' if finding.frames > 1 else ''}, {size}{whose}, {seen}"
