"""The clips to measure on: those made here and, where present, the real ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import av

from benchmarks.leak import synthetic
from benchmarks.leak.truth import Truth, read

TURNED = {"rot90_displaymatrix": "intel_face-demographics-walking-and-pause"}
"""Clips without an entry of their own: the same pictures, stored on their side."""
SPARE = 50
"""A clip that goes on for more frames than this after its truth ends is cut short: packets are copied, not encoded."""


@dataclass(frozen=True, slots=True)
class Clip:
    """``kind`` is synthetic, real or face-free."""

    name: str
    kind: str
    place: Path
    truth: Truth


def names(media: Path) -> list[str]:
    """Every clip there is, made ones first."""
    return [*synthetic.MADE, *_real(media)]


def clip(name: str, media: Path, work: Path) -> Clip:
    """One clip by name; ``work`` takes those made here and the cut short ones."""
    if name in synthetic.MADE:
        place, truth = synthetic.made(name, work / "made")
        return Clip(name, "face-free" if truth.faceless else "synthetic", place, truth)
    place, truth = _real(media)[name]
    if truth.faceless:  # looked through by eye: nobody's face to the very end
        return Clip(name, "face-free", place, Truth([[]] * _frames(place)))
    if _frames(place) > len(truth.boxes) + SPARE:
        place = _shortened(place, work / "real", len(truth.boxes))
    return Clip(name, "real", place, truth)


def _real(media: Path) -> dict[str, tuple[Path, Truth]]:
    """Real clips with known truth."""
    if not (media / "videos.json").exists():
        return {}
    known = {Path(file).stem: truth for file, truth in read(media / "videos.json").items() if truth.boxes}
    known |= {name: known[like] for name, like in TURNED.items() if like in known}
    places = {place.stem: place for place in sorted((media / "videos").iterdir())}
    return {name: (place, known[name]) for name, place in places.items() if name in known}


def _frames(place: Path) -> int:
    with av.open(place) as container:
        return container.streams.video[0].frames or sum(1 for _ in container.decode(video=0))


def _shortened(place: Path, folder: Path, frames: int) -> Path:
    """The first ``frames`` packets of the picture, as they are, without sound."""
    short = folder / place.name
    if short.exists():
        return short
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=place.suffix, delete=False) as scratch:
        pass
    with av.open(place) as source, av.open(scratch.name, "w") as sink:
        stream = source.streams.video[0]
        copy = sink.add_stream_from_template(stream)
        for packet in _first(source.demux(stream), frames):
            packet.stream = copy
            sink.mux(packet)
    os.replace(scratch.name, short)
    return short


def _first(packets: Iterator[Any], count: int) -> Iterator[Any]:
    for number, packet in enumerate(packet for packet in packets if packet.dts is not None):
        if number == count:
            return
        yield packet
