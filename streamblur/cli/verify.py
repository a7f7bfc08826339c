"""``streamblur verify``: looks again, with other eyes, at what was written."""

from __future__ import annotations

from pathlib import Path

import click

from streamblur.cli._options import PLACE, GroupedCommand
from streamblur.cli._proving import UNRESOLVED, tell_findings
from streamblur.cli._terminal import errors_as_sentences, progress, stoppable
from streamblur.settings import Settings


@click.command(
    cls=GroupedCommand,
    epilog="Example:\n\n  streamblur verify meeting_blurred.mp4 --original meeting.mp4",
)
@click.argument("output", metavar="OUTPUT", type=PLACE)
@click.option("--original", type=PLACE, metavar="INPUT", help="What OUTPUT was made from: surer, and quicker.")
@click.option("--faces", type=PLACE, metavar="FILE", help="What 'streamblur detect' found: tells which face is left.")
@click.option("--strict", is_flag=True, help="Exit with 3 when a face can still be seen.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def verify(
    context: click.Context, output: Path, original: Path | None, faces: Path | None, strict: bool, quiet: bool
) -> None:
    """Look for faces that are left in a recording that streamblur wrote.

    Uses other eyes than the run: mirrored, in other sizes, more sensitive, and given the original it compares what is
    still visible of each face.
    """
    from streamblur.faces import file
    from streamblur.verify import verify as looked_again

    with stoppable(), errors_as_sentences(), progress(quiet) as report:
        known = file.read(faces) if faces is not None else None
        found = looked_again(output, original, known, Settings(), report)
    if not quiet:
        tell_findings(found)
    if strict and found.findings:
        context.exit(UNRESOLVED)
