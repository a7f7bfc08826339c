"""Tasks that were handed out, and are handed out again when whoever had them is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from typing import Any, Generic, TypeVar

from streamblur.errors import MissingError, OutputError

T = TypeVar("T")
logger = logging.getLogger(__name__)
_TRIES = 3
"""Whoever takes three workers down with it, or three times as many at a Dask scheduler, which tries by itself, is not
handed out again."""
_TICK = 0.5
"""Seconds after which a wait looks around, so that Ctrl-C is heard on every system."""


class Handed(Generic[T]):
    """One task in an executor."""

    def __init__(self, executor: Executor, task: Callable[..., T], *values: Any) -> None:
        self._executor, self._task, self._values = executor, task, values
        self._future: Future[T] = executor.submit(task, *values)

    def result(self) -> T:
        """Its result, or what it raised. Raises OutputError when too many workers died of it, MissingError when one
        has no streamblur."""
        for tries in range(_TRIES, 0, -1):
            try:
                while not wait([self._future], _TICK).done:
                    pass
                return self._future.result()
            except ImportError as error:
                raise MissingError(f"a worker cannot import {error.name}: install streamblur there too.") from error
            except Exception as error:
                if not _gone(error):
                    raise
                if tries == 1:
                    raise OutputError(
                        f"too many workers ended before their work did ({error}): start others."
                    ) from error
                logger.warning("handed out again: %s", error)
                self._future = self._executor.submit(self._task, *self._values)
        raise AssertionError

    def cancel(self) -> None:
        """Not wanted any more, unless it is running."""
        self._future.cancel()


def _gone(error: Exception) -> bool:
    """Whether the worker died, in the words of the standard library, of Dask or of pebble."""
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, (BrokenExecutor, CancelledError)) or library in ("distributed", "pebble")
