"""``streamblur web``: the page, for everybody who would rather not type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from streamblur.cli._options import GroupedCommand
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, printable, stoppable
from streamblur.errors import SettingsError


@click.command(cls=GroupedCommand, epilog="Example:\n\n  streamblur web --port 8080")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port; else the next free."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need a token.")
@click.option("--token", default="", envvar="STREAMBLUR_TOKEN", show_envvar=True, help="Asked of everybody who comes.")
@click.option("--name", "names", multiple=True, metavar="HOST[:PORT]", help="Name under which it is reached too.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--max-upload", default="2GB", show_default=True, metavar="SIZE", help="Largest recording.")
@click.option("--max-photo", default="10MB", show_default=True, metavar="SIZE", help="Largest photo.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", show_default="by cores", help="Files done at a time.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens.")
def web(max_upload: str, max_photo: str, jobs: int | None, no_browser: bool, verbose: bool, **fields: Any) -> None:
    """Open a page in the browser that hides faces in photos and recordings.

    Only this computer can reach it, and nothing leaves it. Recordings may last up to 12 hours. What was sent is worked
    on even when the page is closed, and is found again when it is opened. The live tab shows the camera of this
    computer (not that of the browser) as motion JPEG.
    """
    from streamblur.web.limits import Limits, parsed_size
    from streamblur.web.server import Wanted, checked, serve

    try:
        limits = Limits(photo=parsed_size(max_photo), upload=parsed_size(max_upload))
        limits = replace(limits, workers=jobs or limits.workers)
        wanted = Wanted(browser=not no_browser, limits=limits, **fields)
        checked(wanted)
    except SettingsError as error:
        raise click.UsageError(printable(error)) from error
    if verbose:
        log_to_terminal()
    with stoppable(), errors_as_sentences():
        serve(wanted, lambda line: click.echo(printable(line)))
