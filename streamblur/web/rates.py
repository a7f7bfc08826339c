"""How often a client may ask: a bucket of permits that fills up again."""

from __future__ import annotations

import threading
import time

_MOST = 10_000
"""Clients that are remembered; when there are more, the fullest buckets are forgotten."""


class Rate:
    """``burst`` requests at once and ``each_second`` on. May be used from any thread."""

    def __init__(self, burst: int, each_second: float) -> None:
        self._burst, self._fill = burst, each_second
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, client: str) -> float:
        """0 when the client may go on; else the seconds it should wait."""
        now = time.monotonic()
        with self._lock:
            left, then = self._buckets.get(client, (float(self._burst), now))
            left = min(self._burst, left + (now - then) * self._fill)
            if left < 1:
                return (1 - left) / self._fill
            if len(self._buckets) >= _MOST:
                fullest = sorted(self._buckets, key=lambda name: -self._buckets[name][0])
                for name in fullest[: _MOST // 2]:
                    del self._buckets[name]
            self._buckets[client] = (left - 1, now)
            return 0.0
