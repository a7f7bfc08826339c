"""A process of our own that is given things through a pipe, and says back a line now and then."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any


class Child:
    """Runs ``command``; a thread called ``name`` gives ``heard`` every line that it says, and None at its end.

    ``ends`` is how many seconds it has to end by itself once nothing more comes.
    """

    def __init__(
        self, command: Sequence[str], name: str, heard: Callable[[str | None], None], ends: float, quiet: bool = False
    ) -> None:
        self._heard, self._ends = heard, ends
        pipe, errors = subprocess.PIPE, subprocess.DEVNULL if quiet else None
        # A session of its own: Ctrl-C on the terminal is ours alone.
        self.process: Any = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, start_new_session=True)
        self.pipe: Any = self.process.stdin
        self._listener = threading.Thread(target=self._listen, name=name, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self._heard(line.decode(errors="replace").strip())
        self._heard(None)

    def close(self) -> None:
        """Tell it that nothing more comes, and wait until it has ended."""
        with contextlib.suppress(OSError):
            self.pipe.close()
        try:
            self.process.wait(self._ends)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._listener.join(self._ends)
        self.process.stdout.close()

    def abort(self) -> None:
        """End it at once. Never raises."""
        with contextlib.suppress(Exception):
            self.process.kill()
            self.close()
