"""Everything that a report tells, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streamblur.faces import Faces
from streamblur.findings import Verified
from streamblur.report._album import Picture
from streamblur.values import Summary


@dataclass(frozen=True, slots=True)
class File:
    """A file: its name without a folder, its hash and its length in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Told:
    """A run: its files, its summary and settings, what was decided (``faces``: as it was covered), what was found in
    the output (None: nobody looked again), how often it was mended, pictures of the output, versions."""

    source: File
    output: File
    summary: Summary
    settings: Mapping[str, Any]
    faces: Faces
    verified: Verified | None = None
    rounds: int = 0
    pictures: Sequence[Picture] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
