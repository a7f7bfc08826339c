"""``streamblur completion``: what a shell needs to complete commands and options by the tab key."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(epilog='Example:\n\n  eval "$(streamblur completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    Put the line of the example into ~/.bashrc or ~/.zshrc; for fish, write the script to
    ~/.config/fish/completions/streamblur.fish.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click knows all three
    click.echo(kind(context.find_root().command, {}, "streamblur", "_STREAMBLUR_COMPLETE").source())
