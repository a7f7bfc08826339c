"""The pixel format that goes to the encoder: the frame's own, else repacked without loss, else a stated conversion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from av import VideoFormat, VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from streamblur import layouts, planes

_KEEP_ALPHA = ("ffv1", "rawvideo", "png", "qtrle", "utvideo")
_PADDED = ("rgb0", "bgr0", "0rgb", "0bgr")
_HD_LINES = 720
_LIMITED, _FULL = 1, 2
_MATRICES = {Colorspace.ITU709: 1, Colorspace.ITU601: 6}  # what swscale calls it: what the tags call it


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a format can hold: y, r or u v; the steps of its colour; bits per sample; whether it has transparency."""

    names: frozenset[str]
    step: tuple[int, int]
    bits: int
    alpha: bool

    def holds(self, other: _Kind) -> bool:
        """Whether every sample of ``other`` has a place here."""
        fits = self.bits >= other.bits and self.names >= other.names and (other.alpha or not self.alpha)
        return fits and self.step[0] <= other.step[0] and self.step[1] <= other.step[1]


def _kind(name: str) -> _Kind | None:
    found = layouts.layouts(name)
    if not found:
        return None
    step = max(c.step_x for c in found), max(c.step_y for c in found)
    alpha = any(c.is_alpha for c in VideoFormat(name, 16, 16).components)
    return _Kind(frozenset(c.name for c in found), step if len(found) > 1 else (16, 16), found[0].bits, alpha)


def target(name: str, encoder: str, offered: Sequence[str], odd: tuple[bool, bool]) -> str:
    """The encoder's pixel format for frames in the format ``name``; ``offered`` empty means any.

    ``odd`` tells whether width and height are odd: H.264 and HEVC cannot code half a colour sample,
    so such pictures are coded with full colour.
    """
    kinds = {n: k for n in (offered or [name]) if (k := _kind(n))}
    if encoder not in _KEEP_ALPHA:
        kinds = {n: k for n, k in kinds.items() if not k.alpha}
    if encoder in ("libx264", "libx265"):
        kinds = {n: k for n, k in kinds.items() if not any(o and s == 2 for o, s in zip(odd, k.step, strict=True))}
    own = _kind(name)
    if name in kinds or own is None or not kinds:
        return name if name in kinds or not offered else offered[0]
    kinds = {n: k for n, k in kinds.items() if k.alpha == own.alpha} or kinds
    holding = {n: k for n, k in kinds.items() if k.holds(own)}
    if holding:
        return min(holding, key=lambda n: _waste(holding[n], own, n, name))
    return min(kinds, key=lambda n: _loss(kinds[n], own, n))


def _waste(kind: _Kind, own: _Kind, name: str, before: str) -> tuple[int, ...]:
    finer = own.step[0] * own.step[1] - kind.step[0] * kind.step[1]
    return (
        len(kind.names),
        finer,
        kind.bits,
        name.startswith("yuvj") != before.startswith("yuvj"),
        name[:1] != before[:1],
    )


def _loss(kind: _Kind, own: _Kind, name: str) -> tuple[int, ...]:
    colour = len(own.names) > len(kind.names)
    coarse = max(0, kind.step[0] * kind.step[1] - own.step[0] * own.step[1])
    return colour, coarse, max(0, own.bits - kind.bits), kind.bits, name.startswith("yuvj"), not name.startswith("yuv")


class Repacker:
    """Brings frames into the encoder's pixel format. ``note`` says what that changes; empty when nothing.

    ``lossless`` says that every sample keeps its value.
    """

    def __init__(self, before: str, after: str, width: int, height: int) -> None:
        self._after = after
        own, new = _kind(before), _kind(after)
        self._matrix = Colorspace.ITU709 if height >= _HD_LINES or width >= 1280 else Colorspace.ITU601
        self.lossless = own is not None and new is not None and new.holds(own) and not new.alpha
        self.to_yuv = own is not None and "r" in own.names and new is not None and "r" not in new.names
        self._reformatter = VideoReformatter()
        how = "without loss from" if self.lossless else "converted from"
        self.note = f"the picture is written as {after}, {how} {before}" if before != after else ""
        if own is not None and own.alpha and not (new is not None and new.alpha):
            self.note += "; transparency is dropped"

    def __call__(self, picture: VideoFrame) -> VideoFrame:
        if picture.format.name == self._after:
            return picture
        return self._moved(picture) if self.lossless else self._converted(picture)

    def _moved(self, picture: VideoFrame) -> VideoFrame:
        """Every sample in its new place; coarse colour is repeated, missing colour is neutral."""
        new = VideoFrame(picture.width, picture.height, self._after)
        if self._after in _PADDED:
            new.planes[0].update(bytes(new.planes[0].buffer_size))
        old = {c.layout.name: c for c in planes.components(picture)}
        for part in planes.components(new):
            there, half = part.layout, 1 << (part.layout.bits - 1 + part.layout.shift)
            if there.name not in old:
                part.view[:] = half
                continue
            here = old[there.name].layout
            view: NDArray[Any] = old[there.name].view >> here.shift
            for axis, times in ((0, here.step_y // there.step_y), (1, here.step_x // there.step_x)):
                view = view.repeat(times, axis) if times > 1 else view
            rows, columns = part.view.shape
            part.view[:] = np.left_shift(
                view[:rows, :columns], there.bits - here.bits + there.shift, dtype=part.view.dtype
            )
        new.colorspace, new.color_range = picture.colorspace, picture.color_range
        new.color_primaries, new.color_trc = picture.color_primaries, picture.color_trc
        return new

    def _converted(self, picture: VideoFrame) -> VideoFrame:
        if not self.to_yuv:
            same = _FULL if picture.format.name.startswith("gray") else None  # swscale takes gray for full range
            return self._reformatter.reformat(picture, format=self._after, src_color_range=same, dst_color_range=same)
        new = self._reformatter.reformat(
            picture, format=self._after, dst_colorspace=self._matrix, src_color_range=_FULL, dst_color_range=_LIMITED
        )
        new.colorspace, new.color_range = _MATRICES[self._matrix], _LIMITED
        return new
