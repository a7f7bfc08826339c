"""``streamblur blur``: recordings and photos in, the same ones out, every face hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from streamblur import compose, rooms
from streamblur.cli import _proving as proving
from streamblur.cli._cluster import one_on
from streamblur.cli._many import many
from streamblur.cli._options import IDS, PLACE, GroupedCommand, finding, grouped, hiding, setting, settings_of
from streamblur.cli._order import Order, Run, one, tell
from streamblur.cli._profile import profiled
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, stoppable

OUTPUT = "A file, a folder, or - for standard output.  [default: INPUT with _blurred before its suffix]"
ONE = "What stands under Proving in --help is for one file at a time; of many, --report writes .html, .csv or .jsonl."
REPORT = "Say what was done: .html or .json; of many files .html, or a log, .csv or .jsonl."
MANY = "With --cluster, --report writes a log of many files, none of a single one."


@click.command(
    cls=GroupedCommand,
    epilog="Example:\n\n  streamblur blur meeting.mp4 -o meeting_safe.mp4 --style solid",
)
@click.argument("sources", metavar="INPUT...", type=click.Path(), nargs=-1, required=True)
@finding
@setting("Looking", "analysis_size", "Longest side of the picture that is looked at.", metavar="PIXELS")
@setting("Looking", "min_face", "Smallest face, in that picture.", metavar="PIXELS")
@setting("Looking", "thorough", "Find smaller and tilted faces; slow.", is_flag=True, show_default=False)
@setting("Looking", "tracker", "What follows faces.", type=click.Choice(rooms.choices("trackers")))
@setting("Looking", "hindsight", "How far a face is also hidden before and after it is seen.", metavar="SECONDS")
@setting("Looking", "hwaccel", "What decodes: none, auto, cuda, vaapi, videotoolbox ...", metavar="NAME")
@hiding
@setting("Hiding", "keep_face", "Leave this face of --faces visible.", type=int, multiple=True, **IDS)
@grouped(
    "--faces", group="Hiding", type=PLACE, metavar="FILE", help="Hide what 'streamblur detect' found; look no more."
)
@setting("Hiding", "picture", "What the style picture lays over faces.", metavar="FILE", show_default=False)
@grouped("--verify", group="Proving", is_flag=True, help="Look at the output again, with other eyes.")
@grouped("--repair", group="Proving", is_flag=True, help="Cover what that finds, and write again.")
@grouped("--strict", group="Proving", is_flag=True, help="Exit with 3 when a face can still be seen.")
@grouped("--report", group="Proving", type=PLACE, metavar="FILE", help=REPORT)
@grouped("--from-report", group="Proving", type=PLACE, metavar="FILE", help="Hide the same again, from a .json report.")
@grouped("-o", "--output", group="Writing", type=click.Path(), help=OUTPUT)
@setting("Writing", "codec", "FFmpeg encoder, such as libx265.", metavar="NAME")
@setting("Writing", "preset", "Speed of the encoder.", metavar="NAME")
@setting("Writing", "crf", "Quality of the encoder; lower is better.", type=int, show_default="by codec")
@setting("Writing", "audio", "Leave the sound out.", names=(" /--no-audio",), show_default=False)
@setting("Writing", "mute", "Make the sound tracks silent.", is_flag=True, show_default=False)
@setting(
    "Writing",
    "keep",
    "Subtitles, chapters, metadata, exif.date, icc, jpeg.blocks.",
    metavar="LIST",
    show_default="none",
)
@setting("Writing", "watermark", "Small, in a corner.", metavar="TEXT|PNG", show_default="none")
@setting("Writing", "force", "Replace OUTPUT if it exists.", is_flag=True, show_default=False)
@click.option("-r", "--recursive", is_flag=True, help="Also what is in the folders of a folder.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Files at a time.  [default: as cores allow]")
@click.option("--cluster", metavar="ADDRESS", help="Do it on the workers of this Dask scheduler.")
@click.option("--profile", is_flag=True, help="Say where the time went.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens, instead of a progress bar.")
@click.pass_context
def blur(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    output: str | None,
    recursive: bool,
    jobs: int | None,
    cluster: str | None,
    profile: bool,
    quiet: bool,
    verbose: bool,
    **fields: Any,
) -> None:
    """Hide every face in recordings and photos.

    Writes each INPUT again: same timing, size, colours and sound; only the faces change. INPUT is a file, a folder, a
    pattern, or - for standard input; several are done side by side.
    """
    settings = settings_of(fields)
    if verbose:
        log_to_terminal()
    proof = proving.asked(context)
    run: Run = compose.run
    log, run = (fields["report"], run) if proof is None else (None, proof.run)
    if cluster is not None:
        proof, log, run = None, fields["report"], one_on(context, cluster)
    order = Order(sources, output, recursive, jobs, log, quiet, verbose, run, cluster)
    if proof is not None and not order.single:
        if not proof.page:
            raise click.UsageError(ONE)
        proof, order = None, replace(order, report=fields["report"])
    if cluster is not None and order.single and log is not None:
        raise click.UsageError(MANY)
    with stoppable(), errors_as_sentences(), profiled(profile):
        summary = one(order, settings) if order.single else None
        whole = summary is not None or many(order, settings)
    if summary is not None and not quiet:
        tell(summary, order)
    if proof is not None:
        proof.tell(quiet)
    if not whole:
        raise SystemExit(1)
