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
    """``auto`` or a number of frames, as a type of ``--every`` and ``--delay``."""
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


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator, in this order."""

    def all_of_them(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return all_of_them


finding = together(
    setting("Looking", "detector", f"What finds faces: {DETECTORS}; several with +.", type=detectors, metavar="NAME"),
    setting("Looking", "model", "Near faces, far faces, or both.", type=click.Choice(["short", "full", "both"])),
    setting("Looking", "confidence", "Lower finds more faces, and more that are none. 0 to 1."),
    setting("Looking", "every", "Look at every Nth frame.", type=rhythm, metavar="N|auto", show_default="by need"),
)
"""What every command that looks for faces asks for."""

hiding = together(
    setting("Hiding", "style", "How faces are hidden.", type=click.Choice(rooms.choices("obscurers"))),
    setting("Hiding", "strength", "1 is safe, up to 4 is stronger."),
    setting("Hiding", "margin", "Added on every side, as a share of the face."),
    setting("Hiding", "shape", "Shape of the hidden region.", type=click.Choice(["box", "ellipse"])),
    setting("Hiding", "boxes", "Draw a green frame around it.", names=("--boxes/--no-boxes",)),
    setting("Hiding", "region", "Always hidden: x,y,w,h or x,y,w,h@start-end.", multiple=True, **PLACES),
    setting("Hiding", "exclude_region", "No face is hidden there.", multiple=True, **PLACES),
)
"""What every command that hides faces asks for."""
