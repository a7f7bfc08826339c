"""The command line: settings in, one run, what happened out. A command is one module
with a function of its name.

Exit codes: 0 done, 1 failed, 2 usage, 128 + n stopped by signal n.
"""

from __future__ import annotations

import importlib
from typing import Any

import click

from streamblur import __version__
from streamblur.cli._terminal import errors_as_sentences
from streamblur.rooms import choices


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


for name in choices("cli"):
    main.add_command(getattr(importlib.import_module(f"streamblur.cli.{name}"), name))
