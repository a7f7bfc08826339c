"""Workers on other machines: Dask's own scheduler and workers, which the user runs, as an ``Executor``."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamblur.compose import Report
from streamblur.errors import MissingError, SettingsError
from streamblur.faces import Faces
from streamblur.segments.running import run
from streamblur.settings import Settings
from streamblur.values import Summary

_PATIENCE = 15
"""Seconds for which the scheduler may say nothing, and then have no worker."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """``executor`` hands tasks to ``size`` workers, as many as there were at first."""

    executor: Executor
    size: int


@contextmanager
def workers(address: str) -> Iterator[Cluster]:
    """The workers of the Dask scheduler at ``address`` (host:port, or tcp:// or tls:// before it), until the end.

    Raises MissingError without Dask, SettingsError when nobody answers there or there are no workers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingError(
            "Working on a cluster needs Dask: install it with 'python3 -m pip install streamblur[cluster]'."
        ) from error
    with ExitStack() as stack:
        try:
            client: Any = stack.enter_context(Client(address, timeout=_PATIENCE, set_as_default=False))  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TimeoutError) as error:
            raise SettingsError(f"no Dask scheduler answers at {address}: start one with 'dask scheduler'.") from error
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except (OSError, TimeoutError) as error:
            raise SettingsError(f"{address} has no workers: start some with 'dask worker {address}'.") from error
        size = sum(each["nthreads"] for each in client.scheduler_info(n_workers=-1)["workers"].values())
        yield Cluster(client.get_executor(pure=False), max(1, size))


def run_on(
    address: str,
    settings: Settings,
    source: Path,
    output: Path,
    report: Report | None = None,
    faces: Faces | None = None,
) -> Summary:
    """``run`` on the workers at ``address``."""
    with workers(address) as cluster:
        return run(cluster.executor, settings, source, output, report, faces)
