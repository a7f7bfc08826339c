"""The command line: settings in, one run, what happened out.

Exit codes: 0 done, 1 failed, 2 usage, 128 + n stopped by signal n.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from streamblur import __version__, compose
from streamblur.cli_models import models
from streamblur.cli_options import DETECTORS, GroupedCommand, detectors, grouped, rhythm, setting
from streamblur.errors import SettingsError, StreamblurError
from streamblur.settings import Settings
from streamblur.values import Progress, Summary

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
DEBIAN_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libportaudio.so.2": "libportaudio2",
}
PLACE = click.Path(path_type=Path)


def printable(text: object) -> str:
    """``text`` with control characters escaped, so that a file name cannot steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


class Sentences(click.Group):
    """Commands whose errors are told as sentences."""

    def invoke(self, ctx: click.Context) -> Any:
        with errors_as_sentences():
            return super().invoke(ctx)


@click.group(
    cls=Sentences, context_settings={"max_content_width": 100}, epilog="Example:\n\n  streamblur blur meeting.mp4"
)
@click.version_option(__version__, message="streamblur %(version)s")
def main() -> None:
    """Makes every face in a recording unrecoverable, and leaves the rest as it was."""


main.add_command(models)


@main.command(
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
@setting("Looking", "tracker", "What follows faces.", type=click.Choice(compose.choices("trackers")))
@setting("Looking", "hindsight", "How far a face is also hidden before and after it is seen.", metavar="SECONDS")
@setting("Hiding", "style", "How faces are hidden.", type=click.Choice(compose.choices("obscurers")))
@setting("Hiding", "strength", "1 is safe, up to 4 is stronger.")
@setting("Hiding", "margin", "Added on every side, as a share of the face.")
@setting("Hiding", "shape", "Shape of the hidden region.", type=click.Choice(["box", "ellipse"]))
@setting("Hiding", "boxes", "Draw a green frame around it.", names=("--boxes/--no-boxes",))
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
def blur(source: Path, output: Path | None, quiet: bool, verbose: bool, **fields: Any) -> None:
    """Hide every face in a recording.

    Writes INPUT again: same timing, size, colours and sound; only the faces change.
    """
    try:
        settings = Settings(**fields)
    except SettingsError as error:
        raise click.UsageError(printable(error)) from error
    if verbose:
        log_to_terminal()
    with stoppable(), errors_as_sentences(), progress(quiet or verbose) as report:
        summary = compose.run(settings, source, output or compose.default_output(source), report)
    if not quiet:
        tell(summary)


def tell(summary: Summary) -> None:
    """The closing line, then what the user should know."""
    frames = f"{summary.frames} {'picture' if summary.still else 'frame'}{'s' if summary.frames != 1 else ''}"
    faces = f"{summary.tracks} face{'s' if summary.tracks != 1 else ''}{'' if summary.still else ' tracked'}"
    click.echo(f"{frames}, {faces}, {summary.seconds:.1f} s: {printable(summary.output)}")
    for note in summary.notes:
        click.echo(f"Note: {printable(note)}")


def log_to_terminal() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("streamblur")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG)


@contextmanager
def progress(hidden: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A bar on the terminal: frames, time left, frames a second, faces in view. None when nobody would see it."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    # A terminal may not know its size; tqdm would show nothing there.
    sized = os.get_terminal_size(sys.stderr.fileno()).columns > 0
    size: dict[str, Any] = {"dynamic_ncols": True} if sized else {"ncols": 80, "nrows": 24}
    with tqdm(unit=" frames", leave=False, file=sys.stderr, **size) as bar:

        def show(now: Progress) -> None:
            bar.total = now.total
            bar.set_postfix_str(f"{now.faces} in view", refresh=False)
            bar.update(now.frames - bar.n)

        yield show


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """What a user can mend becomes ``Error: sentence`` and exit code 1; anything else is a bug and shows itself."""
    try:
        yield
    except StreamblurError as error:
        raise click.ClickException(printable(error)) from error
    except (ImportError, OSError) as error:
        library = next((name for name in DEBIAN_PACKAGES if name in str(error)), None)
        if library is None:
            raise
        how = f"install it (Debian, Ubuntu: apt-get install {DEBIAN_PACKAGES[library]})."
        raise click.ClickException(f"The system library {library} is missing: {how}") from error


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and polite kills unwind the run once, so that it cleans up; while it does, more of them are ignored."""

    def stop(number: int, _frame: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    # One that was ignored from the start (nohup, a background job) stays ignored.
    before = {n: was for n in SIGNALS if (was := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt as stopped:
        click.echo("Stopped.", err=True)
        raise SystemExit(128 + (stopped.args[0] if stopped.args else signal.SIGINT)) from None
    finally:
        for number, was in before.items():
            signal.signal(number, was)
