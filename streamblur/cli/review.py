"""``streamblur review``: a page on which somebody goes over the faces of one recording, and writes it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from streamblur import compose
from streamblur.cli._options import PLACE, GroupedCommand, grouped, settings_of
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, printable, stoppable
from streamblur.cli.blur import blur
from streamblur.errors import InputError

LEFT_OUT = ("keep_face", "picture", "watermark", "force")
"""What is done on the page itself, or names another file."""


@click.command(cls=GroupedCommand, epilog="Example:\n\n  streamblur review meeting.mp4")
@click.argument("source", metavar="INPUT", type=PLACE)
@click.argument("faces", metavar="[FACES]", type=PLACE, required=False)
@grouped("-o", "--output", group="Writing", type=PLACE, help="[default: INPUT with _blurred before its suffix]")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Else the next free.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens.")
def review(
    source: Path, faces: Path | None, output: Path | None, port: int, no_browser: bool, verbose: bool, **fields: Any
) -> None:
    """Go over the faces of a recording in the browser: keep, cover, draw, and write it.

    FACES is what 'streamblur detect' wrote (default: INPUT with .faces.json after its name); it is made first where
    there is none, and every change is saved to it. INPUT itself is only read.
    """
    settings = settings_of(fields)
    if settings.style == "picture":
        raise click.UsageError("--style picture cannot be used here: review first, then blur with --faces.")
    if verbose:
        log_to_terminal()
    with stoppable(), errors_as_sentences():
        from streamblur.web.server import Wanted, serve

        task = _task(source, faces, output, settings)
        serve(Wanted(port=port, browser=not no_browser), lambda line: click.echo(printable(line)), task)


def _task(source: Path, faces: Path | None, output: Path | None, settings: Any) -> Any:
    """What to go over, checked before anything starts. Raises StreamblurError."""
    from streamblur.faces import file
    from streamblur.web.tasks import Task

    if not source.is_file():
        raise InputError(f"{source} is no file: give one recording or photo.")
    place = (faces or source.with_name(f"{source.name}.faces.json")).absolute()
    result = (output or compose.default_output(source)).absolute()
    if place.exists():
        file.read(place)
    else:
        file.may_write(place, False, source)
    for each in (place, result):
        file.may_write(each, True, source)
    return Task(source.resolve(), place, result, settings)


for parameter in blur.params:
    grouped_as, name = getattr(parameter, "group", ""), parameter.name
    if grouped_as in ("Looking", "Hiding", "Writing") and name not in (*LEFT_OUT, "faces", "output"):
        review.params.append(parameter)
