"""What was seen, by the pictures on which it was seen.

A detector answers by the picture and by those since it last forgot. So what it saw is kept under a hash of just these
(each picture's hash takes in the one before): whoever asks with the same pictures would be told the same, and whoever
comes with another picture learns that nobody has seen it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from streamblur.ports import Detector, Image
from streamblur.values import Detection

Sights = Mapping[bytes, Sequence[Detection]]


class NobodyLooked(Exception):
    """Asked about a picture that was not looked at, or not after the same ones."""


class _Chain:
    """The pictures since all was last forgotten, as one hash."""

    def __init__(self) -> None:
        self._so_far = b""

    def forget(self) -> None:
        self._so_far = b""

    def add(self, image: Image) -> bytes:
        shape = b"%d,%d;" % image.shape[:2]
        self._so_far = hashlib.sha256(self._so_far + shape + hashlib.sha256(image.data).digest()).digest()
        return self._so_far


class Notebook:
    """A detector that writes down what ``detector`` sees. With ``waits``, nobody looks before it is told to forget."""

    def __init__(self, detector: Detector, waits: bool) -> None:
        self._detector, self._waits = detector, waits
        self._chain = _Chain()
        self.sights: dict[bytes, Sequence[Detection]] = {}

    def detect(self, image: Image) -> Sequence[Detection]:
        if self._waits:
            return []
        self.sights[self._chain.add(image)] = seen = self._detector.detect(image)
        return seen

    def forget(self) -> None:
        """What comes now begins a chapter."""
        self._waits = False
        if (forget := getattr(self._detector, "forget", None)) is not None:
            forget()
        self._chain.forget()

    def close(self) -> None:
        """The detector is its owner's."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen in a chapter, and the ``notes`` of the detector."""

    sights: Sights
    notes: tuple[str, ...]


class Recalled:
    """A detector that recalls what others saw, chapter by chapter. Raises NobodyLooked when it cannot."""

    def __init__(self, looks: Iterator[Looks]) -> None:
        self._looks = looks
        self._chain = _Chain()
        self._known: Sights = {}
        self.notes: tuple[str, ...] = ()

    def detect(self, image: Image) -> Sequence[Detection]:
        key = self._chain.add(image)
        while not self._known and (looks := next(self._looks, None)) is not None:
            self._known, self.notes = looks.sights, self.notes or looks.notes
        if key not in self._known:
            raise NobodyLooked("other pictures were read elsewhere")
        return self._known[key]

    def forget(self) -> None:
        """The next chapter begins."""
        self._chain.forget()
        self._known = {}

    def close(self) -> None:
        """Nothing is held open."""
