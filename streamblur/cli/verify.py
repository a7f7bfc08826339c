"""``streamblur verify``: looks again, with other eyes, at what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from streamblur.cli._options import IDS, PLACE, PLACES, GroupedCommand, setting, settings_of
from streamblur.cli._proving import UNRESOLVED, tell_findings
from streamblur.cli._terminal import errors_as_sentences, progress, stoppable


@click.command(
    cls=GroupedCommand,
    epilog="Example:\n\n  streamblur verify meeting_blurred.mp4 --original meeting.mp4",
)
@click.argument("output", metavar="OUTPUT", type=PLACE)
@click.option("--original", type=PLACE, metavar="INPUT", help="What OUTPUT was made from: surer, and quicker.")
@click.option("--faces", type=PLACE, metavar="FILE", help="What 'streamblur detect' found: tells which face is left.")
@setting("Other", "exclude_region", "As in blur: no face was hidden there.", multiple=True, **PLACES)
@setting("Other", "keep_face", "As in blur: this face of --faces was left visible.", type=int, multiple=True, **IDS)
@click.option("--strict", is_flag=True, help="Exit with 3 when a face can still be seen.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def verify(
    context: click.Context,
    /,
    output: Path,
    original: Path | None,
    faces: Path | None,
    strict: bool,
    quiet: bool,
    **fields: Any,
) -> None:
    """Look for faces that are left in a recording that streamblur wrote.

    Uses other eyes than the run: mirrored, in other sizes, more sensitive, and given the original it compares what is
    still visible of each face. What was left visible by choice is no finding if it is told again.
    """
    from streamblur.faces import file
    from streamblur.verify import verify as looked_again

    settings = settings_of(fields)
    with stoppable(), errors_as_sentences(), progress(quiet) as report:
        known = file.read(faces) if faces is not None else None
        found = looked_again(output, original, known, settings, report)
    if not quiet:
        tell_findings(found)
    if strict and found.findings:
        context.exit(UNRESOLVED)
