"""``streamblur devices``: the cameras, what they can do, and the sound devices."""

from __future__ import annotations

import click

from streamblur import rooms
from streamblur.cli._terminal import printable


@click.command(epilog="Example:\n\n  streamblur devices")
def devices() -> None:
    """List the cameras, with their formats and rates, and the sound devices."""
    listing = rooms.devices()
    cameras, sounds = listing.cameras(), listing.sounds()
    for camera in cameras:
        click.echo(f"{camera.place}  {printable(camera.name)}")
        for form in camera.formats:
            click.echo(f"  {printable(form)}")
    if not cameras:
        click.echo("There is no camera here that can be listed.")
    for sound in sounds:
        click.echo(f"--audio-device {printable(sound)}")
