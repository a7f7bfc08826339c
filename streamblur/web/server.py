"""Serving the page: a free port, waitress with short patience, a tidy end."""

from __future__ import annotations

import logging
import multiprocessing.util
import secrets
import threading
import time
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from streamblur.errors import MissingError, SettingsError
from streamblur.web import child, folders
from streamblur.web.access import Access, loopback
from streamblur.web.fence import Holds
from streamblur.web.limits import Limits
from streamblur.web.listening import bound, ending, spools
from streamblur.web.office import Office
from streamblur.web.tasks import Task
from streamblur.web.workers import Worker

THREADS = 40
CONNECTIONS = 200
LEAST_TOKEN = 16
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``host`` and ``port`` to listen on; ``token`` asked of everybody; ``names`` under which the page is reached
    besides (HOST or HOST:PORT); whether to open a ``browser``."""

    host: str = "127.0.0.1"
    port: int = 8080
    token: str = ""
    names: tuple[str, ...] = ()
    browser: bool = True
    limits: Limits = field(default_factory=Limits)


def checked(wanted: Wanted) -> None:
    """Raise SettingsError where others could reach the page without a token."""
    if loopback(wanted.host) and not wanted.token:
        return
    if len(wanted.token) < LEAST_TOKEN:
        raise SettingsError(
            f"--host {wanted.host} lets others on the network reach this page, use this computer and see what you "
            f"upload: give --token with at least {LEAST_TOKEN} characters, such as {secrets.token_urlsafe(18)}."
        )


def serve(wanted: Wanted, say: Say, task: Task | None = None) -> None:
    """Serve the page, or the review of one recording, until a signal ends it (KeyboardInterrupt); then nothing of it is
    left.

    Raises SettingsError and MissingError.
    """
    checked(wanted)
    try:
        from waitress.server import create_server
    except ImportError as error:
        raise MissingError("The page needs Flask and waitress: pip install 'streamblur[web]'.") from error
    from streamblur.web.app import make
    from streamblur.web.doorman import channel

    logging.getLogger("waitress").setLevel(logging.ERROR)
    with ExitStack() as stack:
        listening = stack.enter_context(bound(wanted.host, wanted.port))
        port = listening.getsockname()[1]
        access = Access(port, wanted.host, wanted.names, wanted.token, wanted.limits.upload)
        multiprocessing.util.get_temp_dir()  # made now, in the usual place: it is removed only when Python ends
        root = stack.enter_context(closing(folders.Root()))
        stack.enter_context(spools(str(root.path)))
        office = stack.enter_context(closing(Office(wanted.limits, root)))
        app = stack.enter_context(closing(make(office, access)))
        server: Any = create_server(app, sockets=[listening], **settings(wanted.limits))
        server.channel_class = channel(access, lambda: crowded(office))
        stack.callback(server.close)
        path = f"#{wanted.token}" if task is None else f"review#{app.config['REVIEWS'].open(task).id}"
        announce(wanted, port, office, say, path.removesuffix("#"))
        with ending(office):
            server.run()


def settings(limits: Limits) -> dict[str, Any]:
    """How waitress is set up: short patience, bounded sizes, no name of its own."""
    return {
        "threads": THREADS,
        "connection_limit": CONNECTIONS,
        "channel_timeout": 30,
        "cleanup_interval": 5,
        "max_request_header_size": 16 * 1024,
        "max_request_body_size": limits.upload + (1 << 20),
        "channel_request_lookahead": 1,  # it reads on while it answers, and so learns who hung up
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        "expose_tracebacks": False,
    }


def crowded(office: Office) -> bool:
    return sum(job.state == "queued" for job in office.all()) >= office.limits.waiting


def announce(wanted: Wanted, port: int, office: Office, say: Say, path: str) -> None:
    """Tell where the page is and what protects it; open it."""
    shown = "127.0.0.1" if wanted.host in ("", "0.0.0.0") else f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    address = f"http://{shown}:{port}/{path}"
    say(f"The page is at {address}  (Ctrl-C ends it{'' if path.startswith('review') else ' and wipes everything'})")
    if not loopback(wanted.host):
        say("Warning: others on the network can reach it; the token keeps them out, but nothing here is encrypted on")
        say("the way. Put it behind a proxy with TLS, or use it only on a network that you trust.")
    for missing in held(office).missing():
        say(f"Note: this system cannot hold the process that reads a file to {missing}.")
    if wanted.browser:
        opening = threading.Timer(0.3, webbrowser.open, [address])
        opening.daemon = True
        opening.start()


def held(office: Office) -> Holds:
    """Which parts of the fence hold on this system; found out by putting one up."""
    folder = office.root.folder()
    order = {"work": "probe", "folder": str(folder), "bounds": office.limits.bounds(1 << 20, 60)}
    worker = Worker(office.how, order, time.monotonic() + 60, office.target)
    said: list[child.Message] = [message for message in worker.messages() if "fence" in message]
    worker.close()
    folders.wipe(folder)
    return Holds(**said[0]["fence"]) if said else Holds(False, False, False)
