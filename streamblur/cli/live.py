"""``streamblur live``: a camera, screen or stream, every face hidden on its way to a window, file, stream or camera."""

from __future__ import annotations

import sys
from typing import Any

import click

from streamblur import live as living
from streamblur import rooms
from streamblur.cli._options import GroupedCommand, finding, grouped, hiding, rhythm, setting
from streamblur.cli._terminal import errors_as_sentences, log_to_terminal, printable, stoppable
from streamblur.errors import OutputError, SettingsError
from streamblur.live import Choices, Ended, Status
from streamblur.settings import Live


@click.command(
    cls=GroupedCommand,
    epilog="Example:\n\n  streamblur live camera:0 --to window: --to talk.mkv",
)
@click.argument("source", metavar="[SOURCE]", default="camera:0")
@grouped(
    "--to", group="Writing", multiple=True, metavar="SINK",
    help="window:, a file, rtmp:// rtsp:// udp:// srt://, virtualcam:, null:; repeatable.  [default: window:]",
)  # fmt: skip
@grouped(
    "--delay", group="Looking", type=rhythm, metavar="N|auto", default="auto",
    help="Frames that wait for looks; with 0 a new face may show for 2.  [default: one look]",
)  # fmt: skip
@grouped("--size", group="Other", default="", metavar="WxH", help="Size asked of a camera or screen.")
@grouped("--fps", group="Other", type=float, metavar="N", help="Frames a second asked of it.")
@grouped("--realtime", group="Other", is_flag=True, help="SOURCE is a file: play it as if it were live.")
@grouped("--audio-device", group="Writing", default="", metavar="NAME", help="Sound to record instead of SOURCE's.")
@finding
@setting("Looking", "analysis_size", "Longest side looked at, at most; less when slow.", metavar="PIXELS")
@setting("Looking", "min_face", "Smallest face, in that picture.", metavar="PIXELS")
@setting("Looking", "tracker", "What follows faces.", type=click.Choice(rooms.choices("trackers")))
@hiding
@setting("Hiding", "picture", "What the style picture lays over faces.", metavar="FILE", show_default=False)
@setting("Writing", "watermark", "Small, in a corner.", metavar="TEXT|PNG", show_default="none")
@setting("Writing", "codec", "FFmpeg encoder of a recording.", metavar="NAME")
@setting("Writing", "preset", "Speed of the encoder.", metavar="NAME", default="veryfast")
@setting("Writing", "crf", "Quality of the encoder; lower is better.", type=int, show_default="by codec")
@setting("Writing", "audio", "Leave the sound out.", names=(" /--no-audio",), show_default=False)
@setting("Writing", "force", "Replace a recording that exists.", is_flag=True, show_default=False)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens, instead of one line of numbers.")
def live(source: str, to: tuple[str, ...], quiet: bool, verbose: bool, **fields: Any) -> None:
    """Hide every face in a live picture.

    SOURCE is camera:0, screen:, an address (rtsp, rtmp, udp, srt, http), or with --realtime a file. Keys in the
    window: h shows them, space hides everything at once, q ends. Nothing leaves before it was decided on; when that
    cannot be said of a frame, all of it is blurred.
    """
    try:
        settings = Live(**fields)
    except SettingsError as error:
        raise click.UsageError(printable(error)) from error
    if verbose:
        log_to_terminal()
    line = _Line(shown=not quiet and not verbose and sys.stderr.isatty())
    with stoppable(), errors_as_sentences():
        ended = living.run(settings, source, to or ("window:",), Choices(told=line.told, watch=line.show))
        line.end()
        if not quiet:
            _tell(ended)
        if ended.failed:
            raise OutputError(" ".join(ended.failed))


def _tell(ended: Ended) -> None:
    status = ended.status
    middle, worst = (1000 * seconds for seconds in status.latency)
    click.echo(
        f"{status.frames} frames, {ended.seconds:.1f} s, {status.dropped} dropped, {status.curtains} all hidden, "
        f"{middle:.0f} ms added (p95 {worst:.0f})"
    )
    for note in ended.notes:
        click.echo(f"Note: {printable(note)}")


class _Line:
    """One line of numbers on the terminal, once a second."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._frames = 0

    def told(self, sentence: str) -> None:
        self.end()
        click.echo(f"Note: {printable(sentence)}", err=True)

    def show(self, status: Status) -> None:
        if not self._shown or status.frames < self._frames:
            return
        self._frames = status.frames + max(1, round(status.fps))
        now = "nothing comes" if status.lost else "all hidden" if status.curtain else f"{status.faces} faces"
        middle, worst = (1000 * seconds for seconds in status.latency)
        text = f"{status.frames} frames, {status.fps:.0f}/s, {middle:.0f} ms (p95 {worst:.0f}), {now}"
        click.echo(f"\r{text:<78}", nl=False, err=True)

    def end(self) -> None:
        """Leave the line."""
        if self._shown and self._frames:
            click.echo(f"\r{'':<78}\r", nl=False, err=True)
