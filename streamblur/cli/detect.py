"""``streamblur detect``: one recording or photo in, a faces file out: who is where, to be looked at and mended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamblur import compose
from streamblur.cli._options import PLACE, GroupedCommand, grouped, settings_of
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, printable, progress, stoppable
from streamblur.cli.blur import blur

if TYPE_CHECKING:
    from streamblur.faces import Faces

TOLD = 20
"""Faces that are told one by one."""
CHOICES = ("region", "exclude_region", "force")


@click.command(cls=GroupedCommand, epilog="Example:\n\n  streamblur detect meeting.mp4 -o faces.json")
@click.argument("source", metavar="INPUT", type=PLACE)
@grouped("-o", "--output", group="Writing", type=PLACE, help="[default: INPUT with .faces.json after its name]")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens, instead of a progress bar.")
def detect(source: Path, output: Path | None, quiet: bool, verbose: bool, **fields: Any) -> None:
    """Find every face in a recording, and write down who is where.

    What it writes, 'streamblur blur INPUT --faces FILE' hides without looking again.
    """
    from streamblur.faces import file

    settings = settings_of(fields)
    if verbose:
        log_to_terminal()
    place = output or source.with_name(f"{source.name}.faces.json")
    with stoppable(), errors_as_sentences(), progress(quiet or verbose) as report:
        file.may_write(place, settings.force, source)
        faces = compose.detect(settings, source, report)
        file.write(faces, place, settings.force)
    if not quiet:
        tell(faces, place)


def tell(faces: Faces, place: Path) -> None:
    """The closing line, then one for each face."""
    frames, found = len(faces.times), len(faces.tracks)
    counts = f"{frames} frame{'s' if frames != 1 else ''}, {found} face{'s' if found != 1 else ''}"
    click.echo(f"{counts}: {printable(place)}")
    for track in faces.tracks[:TOLD]:
        first, last, box = faces.seconds(int(track.frames[0])), faces.seconds(int(track.frames[-1])), track.box(0)
        when = f"{first:.1f} to {last:.1f} s, first " if frames > 1 else ""
        click.echo(f"Face {track.id}: {when}{box.width:.0f}x{box.height:.0f} px at {box.left:.0f},{box.top:.0f}")
    if len(faces.tracks) > TOLD:
        click.echo(f"and {len(faces.tracks) - TOLD} more in the file.")


for parameter in blur.params:
    if getattr(parameter, "group", "") == "Looking" or parameter.name in CHOICES:
        detect.params.append(parameter)
