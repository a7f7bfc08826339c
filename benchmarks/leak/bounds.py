"""Counts, and what they allow one to say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` out of ``of``."""

    hits: int = 0
    of: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.of + other.of)

    @property
    def rate(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def bound(self) -> float | None:
        """With 95 % confidence the true rate is below this, if the trials were independent.

        Clopper-Pearson, one-sided: the p at which P(X <= hits | of, p) = 0.05. For no hits it is
        1 - 0.05 ** (1 / of), close to 3 / of.
        """
        return upper(self.hits, self.of) if self.of else None

    def as_json(self) -> dict[str, float | int | None]:
        return {"hits": self.hits, "of": self.of, "rate": self.rate, "bound": self.bound}


def upper(hits: int, of: int) -> float:
    """The p at which ``hits`` or fewer of ``of`` have a chance of 5 %, by bisection."""
    if hits >= of:
        return 1.0
    k = np.arange(1, hits + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log((of - k + 1) / k))])
    k = np.arange(hits + 1)
    low, high = hits / of, 1.0
    for _ in range(60):
        p = (low + high) / 2
        terms = ways + k * math.log(p) + (of - k) * math.log1p(-p)
        if np.exp(terms).sum() > 1 - CONFIDENCE:
            low = p
        else:
            high = p
    return high
