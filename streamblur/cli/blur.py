"""``streamblur blur``: one recording or photo in, the same one out, every face hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from streamblur import compose, rooms
from streamblur.cli import _proving as proving
from streamblur.cli._options import DETECTORS, PLACE, GroupedCommand, detectors, grouped, rhythm, setting, settings_of
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, printable, progress, stoppable
from streamblur.values import Summary

PROVING = ("faces", "verify", "repair", "strict", "report", "from_report")
PLACES: dict[str, Any] = {"metavar": "PLACE", "show_default": False}
FACES: dict[str, Any] = {"metavar": "ID", "show_default": False}


@click.command(
    cls=GroupedCommand,
    epilog="Example:\n\n  streamblur blur meeting.mp4 -o meeting_safe.mp4 --style solid",
)
@click.argument("source", metavar="INPUT", type=PLACE)
@setting("Looking", "detector", f"What finds faces: {DETECTORS}; several with +.", type=detectors, metavar="NAME")
@setting("Looking", "model", "Near faces, far faces, or both.", type=click.Choice(["short", "full", "both"]))
@setting("Looking", "confidence", "Lower finds more faces, and more that are none. 0 to 1.")
@setting("Looking", "every", "Look at every Nth frame.", type=rhythm, metavar="N|auto", show_default="by need")
@setting("Looking", "analysis_size", "Longest side of the picture that is looked at.", metavar="PIXELS")
@setting("Looking", "min_face", "Smallest face, in that picture.", metavar="PIXELS")
@setting("Looking", "thorough", "Find smaller and tilted faces; slow.", is_flag=True, show_default=False)
@setting("Looking", "tracker", "What follows faces.", type=click.Choice(rooms.choices("trackers")))
@setting("Looking", "hindsight", "How far a face is also hidden before and after it is seen.", metavar="SECONDS")
@setting("Hiding", "style", "How faces are hidden.", type=click.Choice(rooms.choices("obscurers")))
@setting("Hiding", "strength", "1 is safe, up to 4 is stronger.")
@setting("Hiding", "margin", "Added on every side, as a share of the face.")
@setting("Hiding", "shape", "Shape of the hidden region.", type=click.Choice(["box", "ellipse"]))
@setting("Hiding", "boxes", "Draw a green frame around it.", names=("--boxes/--no-boxes",))
@setting("Hiding", "region", "Always hidden: x,y,w,h or x,y,w,h@start-end.", multiple=True, **PLACES)
@setting("Hiding", "exclude_region", "No face is hidden there.", multiple=True, **PLACES)
@setting("Hiding", "keep_face", "Leave this face of --faces visible.", type=int, multiple=True, **FACES)
@grouped(
    "--faces", group="Hiding", type=PLACE, metavar="FILE", help="Hide what 'streamblur detect' found; look no more."
)
@grouped("--verify", group="Proving", is_flag=True, help="Look at the output again, with other eyes.")
@grouped("--repair", group="Proving", is_flag=True, help="Cover what that finds, and write again.")
@grouped("--strict", group="Proving", is_flag=True, help="Exit with 3 when a face can still be seen.")
@grouped("--report", group="Proving", type=PLACE, metavar="FILE", help="Say what was done: .html or .json.")
@grouped("--from-report", group="Proving", type=PLACE, metavar="FILE", help="Hide the same again, from a .json report.")
@grouped("-o", "--output", group="Writing", type=PLACE, help="[default: INPUT with _blurred before its suffix]")
@setting("Writing", "codec", "FFmpeg encoder, such as libx265.", metavar="NAME")
@setting("Writing", "preset", "Speed of the encoder.", metavar="NAME")
@setting("Writing", "crf", "Quality of the encoder; lower is better.", type=int, show_default="by codec")
@setting("Writing", "audio", "Leave the sound out.", names=(" /--no-audio",), show_default=False)
@setting("Writing", "mute", "Make the sound tracks silent.", is_flag=True, show_default=False)
@setting("Writing", "keep", "Subtitles, chapters, metadata, exif.date, icc.", metavar="LIST", show_default="none")
@setting("Writing", "force", "Replace OUTPUT if it exists.", is_flag=True, show_default=False)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens, instead of a progress bar.")
@click.pass_context
def blur(
    context: click.Context, /, source: Path, output: Path | None, quiet: bool, verbose: bool, **fields: Any
) -> None:
    """Hide every face in a recording.

    Writes INPUT again: same timing, size, colours and sound; only the faces change.
    """
    settings = settings_of(fields)
    if verbose:
        log_to_terminal()
    output = output or compose.default_output(source)
    asked = {name: value for name, value in fields.items() if name in PROVING and value}
    with stoppable(), errors_as_sentences(), progress(quiet or verbose) as report:
        if asked:
            proved = proving.prove(context, settings, source, output, report)
            summary = proved.summary
        else:
            summary = compose.run(settings, source, output, report)
    if not quiet:
        tell(summary)
    if asked:
        proving.tell(context, proved, quiet)


def tell(summary: Summary) -> None:
    """The closing line, then what the user should know."""
    frames = f"{summary.frames} {'picture' if summary.still else 'frame'}{'s' if summary.frames != 1 else ''}"
    faces = f"{summary.tracks} face{'s' if summary.tracks != 1 else ''}{'' if summary.still else ' tracked'}"
    click.echo(f"{frames}, {faces}, {summary.seconds:.1f} s: {printable(summary.output)}")
    for note in summary.notes:
        click.echo(f"Note: {printable(note)}")
