"""The terminal: errors as sentences, a progress bar, signals that let a run clean up."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from streamblur.errors import StreamblurError
from streamblur.values import Progress

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
DEBIAN_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libportaudio.so.2": "libportaudio2",
}


def printable(text: object) -> str:
    """``text`` with control characters escaped, so that a file name cannot steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def log_to_terminal() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("streamblur")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG)


@contextmanager
def progress(hidden: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A bar on the terminal: frames, time left, frames a second, faces in view. None when nobody would see it.

    The time left follows the speed so far: what tqdm shows else, that of the last moment, was wrong by a fifth of
    two hours on average, since frames that are looked at take many times as long as others.
    """
    if hidden or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    # A terminal may not know its size; tqdm would show nothing there.
    sized = os.get_terminal_size(sys.stderr.fileno()).columns > 0
    size: dict[str, Any] = {"dynamic_ncols": True} if sized else {"ncols": 80, "nrows": 24}
    with tqdm(unit=" frames", leave=False, smoothing=0, file=sys.stderr, **size) as bar:

        def show(now: Progress) -> None:
            bar.total = now.total
            bar.set_postfix_str(f"{now.faces} in view", refresh=False)
            bar.update(now.frames - bar.n)

        yield show


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """What a user can mend becomes ``Error: sentence`` and exit code 1; anything else is a bug and shows itself."""
    try:
        yield
    except StreamblurError as error:
        raise click.ClickException(printable(error)) from error
    except (ImportError, OSError) as error:
        library = next((name for name in DEBIAN_PACKAGES if name in str(error)), None)
        if library is None:
            raise
        how = f"install it (Debian, Ubuntu: apt-get install {DEBIAN_PACKAGES[library]})."
        raise click.ClickException(f"The system library {library} is missing: {how}") from error


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and polite kills unwind the run once, so that it cleans up; while it does, more of them are ignored."""

    def stop(number: int, _frame: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    # One that was ignored from the start (nohup, a background job) stays ignored.
    before = {n: was for n in SIGNALS if (was := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt as stopped:
        click.echo("Stopped.", err=True)
        raise SystemExit(128 + (stopped.args[0] if stopped.args else signal.SIGINT)) from None
    finally:
        for number, was in before.items():
            signal.signal(number, was)
