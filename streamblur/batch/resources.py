"""How many files at a time this machine can do."""

from __future__ import annotations

from streamblur.machine import cores, free_memory

EACH = 1 << 30
"""Bytes that a worker may need: 690 MB were measured for a recording in 1080p, 520 MB for photos of 12 megapixels."""


def default_jobs(files: int) -> int:
    """As many as there are cores for, memory for, and files."""
    return max(1, min(files, cores(), free_memory() // EACH))
