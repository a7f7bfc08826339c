"""The command line: settings in, one run, what happened out. A command is one module
with a function of its name.

Exit codes: 0 done, 1 failed, 2 usage, 128 + n stopped by signal n.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

from streamblur import __version__
from streamblur.cli._terminal import errors_as_sentences
from streamblur.rooms import choices


class Commands(click.Group):
    """Each is imported when it is asked for; their errors are told as sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(choices("cli"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in choices("cli"):
            return None
        command: click.Command = getattr(importlib.import_module(f"streamblur.cli.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        # numpy's OpenBLAS else starts a thread for each core, which spin for a while: the matrices here are small.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        with errors_as_sentences():
            return super().invoke(ctx)


@click.group(
    cls=Commands, context_settings={"max_content_width": 100}, epilog="Example:\n\n  streamblur blur meeting.mp4"
)
@click.version_option(__version__, message="streamblur %(version)s")
def main() -> None:
    """Makes every face in a recording unrecoverable, and leaves the rest as it was."""
