"""Writes docs/commands.md: what every command says about itself.

python docs/make_commands.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from streamblur.cli import main

PLACE = Path(__file__).with_name("commands.md")
WIDTH = 100


def helps(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The name and the help of a command and of those under it."""
    with click.Context(command, info_name=" ".join(words), terminal_width=WIDTH, max_content_width=WIDTH) as context:
        yield " ".join(words), command.get_help(context)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                yield from helps(inner, (*words, name))


def text() -> str:
    """The whole page."""
    parts = ["# What every command says about itself\n\nMade by `python docs/make_commands.py` from `--help`.\n"]
    parts += [f"\n## {name}\n\n```text\n{said}\n```\n" for name, said in helps(main, ("streamblur",))]
    return "".join(parts)


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
