"""Options of the command line: their types, and how ``--help`` shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from streamblur import rooms
from streamblur.cli._terminal import printable
from streamblur.errors import SettingsError
from streamblur.settings import Settings

GROUPS = ("Looking", "Hiding", "Proving", "Writing", "Other")
DEFAULTS = Settings()
PLACE = click.Path(path_type=Path)
DETECTORS = ", ".join(rooms.choices("detectors"))
PLACES: dict[str, Any] = {"metavar": "PLACE", "show_default": False}
IDS: dict[str, Any] = {"metavar": "ID", "show_default": False}


class GroupedOption(click.Option):
    """An option that belongs under one of the headings of ``--help``."""

    def __init__(self, *names: Any, group: str = "Other", **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose ``--help`` lists options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group in GROUPS:
            options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
            members = [p for p in options if getattr(p, "group", "Other") == group]
            records = [record for p in members if (record := p.get_help_record(ctx)) is not None]
            rows = [(names.lstrip(" /"), text) for names, text in records]  # an off switch alone: no slash
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)


def rhythm(value: str) -> int | None:
    """``auto`` or a number of frames, as a type of ``--every``."""
    if value != "auto" and not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number of frames nor auto.")
    return None if value == "auto" else int(value)


def detectors(value: str) -> str:
    """Names of detectors, joined by '+', as a type of ``--detector``."""
    for name in value.split("+"):
        if name not in rooms.choices("detectors"):
            raise click.BadParameter(f"there is no detector {name!r}: choose from {DETECTORS}; join several with '+'.")
    return value


def settings_of(fields: Mapping[str, Any]) -> Settings:
    """The settings that the options give; wrong ones are wrong usage."""
    known = {name: value for name, value in fields.items() if hasattr(DEFAULTS, name)}
    try:
        return Settings(**known)
    except SettingsError as error:
        raise click.UsageError(printable(error)) from error


grouped = partial(click.option, cls=GroupedOption)


def setting(group: str, field: str, text: str, **attributes: Any) -> Callable[[Any], Any]:
    """An option named like a field of ``Settings``, with its default."""
    attributes = {"default": getattr(DEFAULTS, field), "show_default": True, **attributes}
    names = attributes.pop("names", (f"--{field.replace('_', '-')}",))
    return grouped(*names, field, group=group, help=text, **attributes)
