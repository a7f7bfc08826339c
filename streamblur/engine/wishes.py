"""What people chose by hand, over what was found: the stage before covering.

A region is hidden whatever is there. In an excluded area nothing else is hidden: a face that reaches over its edge
stays covered outside. So: region before excluded area before face. A face that is to stay visible stays so on the
frames on which it surely is that face.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from streamblur.faces import outward
from streamblur.regions import Region
from streamblur.values import Cover, Decided, Frame


@dataclass(frozen=True, slots=True)
class Wishes:
    """``regions`` are always hidden, ``excluded`` never but for those; ``kept`` says of tracks on which frames, by
    time stamp, they stay visible."""

    regions: Sequence[Region] = ()
    excluded: Sequence[Region] = ()
    kept: Mapping[int, Container[int]] = field(default_factory=dict)


def wished(frames: Iterable[Decided[Frame]], wishes: Wishes, first: float | None = None) -> Iterator[Decided[Frame]]:
    """Every frame with the covers that then hold: edges whole hundredths of a pixel, in the order of their tracks,
    so that those in a faces file are the same to the bit. ``first`` is when the recording begins, in seconds."""
    for decided in frames:
        first = decided.frame.time if first is None else first
        now, pts = decided.frame.time - first, decided.frame.pts
        covers = [replace(c, box=outward(c.box)) for c in decided.covers if pts not in wishes.kept.get(c.track, ())]
        covers.sort(key=lambda cover: cover.track)
        covers += [
            Cover(-n, region.box, True, source="region", exact=True)
            for n, region in enumerate(wishes.regions, 1)
            if region.at(now)
        ]
        spared = tuple(region.box for region in wishes.excluded if region.at(now))
        yield replace(decided, covers=covers, spared=spared)
