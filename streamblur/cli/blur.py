"""``streamblur blur``: one recording or photo in, the same one out, every face hidden."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamblur import compose, rooms
from streamblur.cli._options import DETECTORS, PLACE, GroupedCommand, detectors, grouped, rhythm, setting, settings_of
from streamblur.cli._profile import profiled
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, printable, progress, stoppable
from streamblur.values import Summary

if TYPE_CHECKING:
    from streamblur.faces import Faces

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
@grouped("-o", "--output", group="Writing", type=PLACE, help="[default: INPUT with _blurred before its suffix]")
@setting("Writing", "codec", "FFmpeg encoder, such as libx265.", metavar="NAME")
@setting("Writing", "preset", "Speed of the encoder.", metavar="NAME")
@setting("Writing", "crf", "Quality of the encoder; lower is better.", type=int, show_default="by codec")
@setting("Writing", "audio", "Leave the sound out.", names=(" /--no-audio",), show_default=False)
@setting("Writing", "mute", "Make the sound tracks silent.", is_flag=True, show_default=False)
@setting("Writing", "keep", "Subtitles, chapters, metadata, exif.date, icc.", metavar="LIST", show_default="none")
@setting("Writing", "force", "Replace OUTPUT if it exists.", is_flag=True, show_default=False)
@grouped("--cluster", metavar="ADDRESS", help="Do long recordings on the workers of this Dask scheduler.")
@click.option("--profile", is_flag=True, help="Say where the time went.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens, instead of a progress bar.")
def blur(
    source: Path,
    output: Path | None,
    faces: Path | None,
    cluster: str | None,
    profile: bool,
    quiet: bool,
    verbose: bool,
    **fields: Any,
) -> None:
    """Hide every face in a recording.

    Writes INPUT again: same timing, size, colours and sound; only the faces change.
    """
    settings = settings_of(fields)
    if verbose:
        log_to_terminal()
    with stoppable(), errors_as_sentences(), profiled(profile), progress(quiet or verbose) as report:
        known: dict[str, Any] = {"faces": read(faces)} if faces is not None else {}
        summary = runner(cluster)(settings, source, output or compose.default_output(source), report, **known)
    if not quiet:
        tell(summary)


def runner(cluster: str | None) -> Callable[..., Summary]:
    """What does a run: this machine, or also the workers of a cluster; Dask is imported when there is one."""
    if cluster is None:
        return compose.run
    from streamblur.segments.cluster import run_on

    return partial(run_on, cluster)


def read(place: Path) -> Faces:
    """The faces in a file; its reader is imported when there is one."""
    from streamblur.faces import file

    return file.read(place)


def tell(summary: Summary) -> None:
    """The closing line, then what the user should know."""
    frames = f"{summary.frames} {'picture' if summary.still else 'frame'}{'s' if summary.frames != 1 else ''}"
    faces = f"{summary.tracks} face{'s' if summary.tracks != 1 else ''}{'' if summary.still else ' tracked'}"
    click.echo(f"{frames}, {faces}, {summary.seconds:.1f} s: {printable(summary.output)}")
    for note in summary.notes:
        click.echo(f"Note: {printable(note)}")
