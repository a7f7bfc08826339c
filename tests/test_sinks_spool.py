"""A long .mp4 or .mov waits in a spool until all of it is encoded: the file is what it is without."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
import runs
from clips import Clip, make

from streamblur import Settings, blur, rooms
from streamblur.sinks import _spool
from streamblur.values import StreamInfo

UNEVEN = tuple(n * 40 + n * 7 % 20 for n in range(60))
CLIP = Clip(times=UNEVEN, time_base=Fraction(1, 1000), sound=(("aac", "eng"), ("ac3", "fra")), sound_start=0.2)
EVEN = Clip(times=tuple(range(60)), sound=(("aac", "eng"),))


MARKS = ("hevc", "av1")
"""FFmpeg marks frames of these that no other needs (box sdtp); a packet cannot be marked so again."""


def packets(place: Path) -> list[tuple[object, ...]]:
    with av.open(str(place)) as file:
        about = [(p.stream_index, p.pts, p.dts, p.duration, p.pos, p.is_keyframe, bytes(p)) for p in file.demux()]
        return [*about, *((s.duration, s.time_base, s.codec_context.extradata) for s in file.streams)]


@pytest.mark.parametrize(
    ("suffix", "clip", "settings"),
    [
        (".mp4", CLIP, Settings(preset="superfast")),
        (".mp4", EVEN, Settings(codec="hevc", preset="ultrafast")),
        (".mp4", EVEN, Settings(codec="av1")),
        (".mp4", EVEN, Settings(codec="mpeg4")),
        (".mov", EVEN, Settings(codec="prores")),
        (".mov", replace(EVEN, sound=()), Settings(codec="mjpeg")),
    ],
    ids=lambda value: getattr(value, "codec", None),
)
def test_a_spool_changes_no_byte(
    tmp_path: Path, suffix: str, clip: Clip, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "part", runs.part)
    made = make(tmp_path / "in.mkv", clip)
    found: list[bytes] = []
    spooled: list[Path] = []
    begin = _spool.Spool.__init__

    def counted(self: _spool.Spool, place: Path, track: object) -> None:
        spooled.append(place)
        begin(self, place, track)  # type: ignore[arg-type]

    monkeypatch.setattr(_spool.Spool, "__init__", counted)
    for attempt in range(1, 6):  # x264 now and then writes other bits for the same pictures, on one thread, too
        for long in (1e9, 0.5):
            monkeypatch.setattr(_spool, "LONG", long)
            output = tmp_path / str(long) / f"out{suffix}"
            output.parent.mkdir(exist_ok=True)
            blur(made, output, replace(settings, force=True))
            assert list(output.parent.iterdir()) == [output]
            found.append(output.read_bytes())
        assert spooled == [output] * attempt
        direct, waited = found[-2:]
        if direct == waited or settings.codec != "auto":
            break
    if settings.codec in MARKS:
        index = direct.rindex(b"moov") - 4
        assert direct[:index] == waited[:index]
        assert packets(tmp_path / "1000000000.0" / output.name) == packets(output)
    else:
        assert direct == waited


@pytest.mark.parametrize(
    ("name", "duration", "there"),
    [("mp4", 899, False), ("mp4", 900, True), ("mov", 7200, True), ("matroska", 7200, False), ("mp4", None, False)],
)
def test_when_it_is_wanted(name: str, duration: float | None, there: bool) -> None:
    info = StreamInfo(96, 64, Fraction(25), Fraction(1, 25), "yuv420p", duration=duration)
    assert _spool.wanted(info, name) is there
