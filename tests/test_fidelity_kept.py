"""What stays and what goes, on request and by default, and that it is said."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip, make, seen

from benchmarks.fidelity.media import CANARY, packet_of, remuxed
from benchmarks.fidelity.read import streams
from streamblur import OutputError, Settings, SettingsError, blur

FORTY = tuple(range(40))
TAGS = {"title": CANARY, "location": "+48.8584+002.2945/", "comment": "why"}


def rich(place: Path, codec: str = "subrip", sound: str = "aac") -> Path:
    """Two sound tracks, subtitles, two chapters, tags."""
    made = make(place.with_name(f"made{place.suffix}"), Clip(times=FORTY, sound=((sound, "eng"), (sound, "fra"))))

    def more(output: Any, _: dict[int, Any]) -> list[Any]:
        output.metadata.update(TAGS)
        output.set_chapters([_chapter(1, 0, 700), _chapter(2, 700, 1600)])
        words = output.add_mux_stream(codec)
        words.metadata["language"] = "deu"
        text = b"\0\5hello" if codec == "mov_text" else b"hello"
        return [packet_of(words, text, start) for start in (100, 900)]

    return remuxed(made, place, more)


def _chapter(number: int, start: int, end: int) -> dict[str, Any]:
    return {"id": number, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": CANARY}}


def test_by_default_only_picture_and_sound_and_it_is_said(tmp_path: Path) -> None:
    summary = blur(rich(tmp_path / "in.mkv"), tmp_path / "out.mkv")
    assert summary.notes[-3:] == ("kept 2 audio tracks", "dropped 1 subtitle track", "dropped 2 chapters")
    assert streams(tmp_path / "out.mkv") == {"audio": 2, "video": 1}


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "subrip"), (".mkv", "webvtt"), (".mp4", "mov_text")])
def test_subtitles_are_kept_on_request(tmp_path: Path, suffix: str, codec: str) -> None:
    before, after = rich(tmp_path / f"in{suffix}", codec), tmp_path / f"out{suffix}"
    summary = blur(before, after, Settings(keep="subtitles"))
    assert "kept 1 subtitle track" in summary.notes
    assert _words(after) == _words(before)
    assert CANARY.encode() not in after.read_bytes()


def _words(place: Path) -> tuple[str | None, list[tuple[Fraction, bytes]]]:
    with av.open(str(place)) as container:
        words: Any = next(s for s in container.streams if s.type == "subtitle")
        packets = [p for p in container.demux(words) if p.size > 2]  # an .mp4 fills gaps with empty ones
        return words.language, [((p.pts or 0) * p.time_base, bytes(p)) for p in packets]


def test_subtitles_that_the_container_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.mp4 cannot hold the subtitles of in\.mkv \(srt\): choose another suffix"):
        blur(rich(tmp_path / "in.mkv"), tmp_path / "out.mp4", Settings(keep="subtitles"))
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_chapters_keep_their_times_and_get_neutral_titles(tmp_path: Path, suffix: str) -> None:
    before, after = rich(tmp_path / "in.mkv"), tmp_path / f"out{suffix}"
    summary = blur(before, after, Settings(keep="chapters"))
    assert "kept 2 chapters" in summary.notes
    assert _chapters(after) == [(0, 0.7, "Chapter 1"), (0.7, 1.6, "Chapter 2")]
    assert CANARY.encode() not in after.read_bytes()
    blur(before, after, Settings(keep="chapters, metadata", force=True))
    assert _chapters(after) == [(0, 0.7, CANARY), (0.7, 1.6, CANARY)]


def _chapters(place: Path) -> list[tuple[float, float, str]]:
    with av.open(str(place)) as container:
        found: list[Any] = container.chapters()
    return [
        (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"]["title"]) for c in found
    ]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_metadata_is_kept_on_request_and_listed(tmp_path: Path, suffix: str) -> None:
    before, after = rich(tmp_path / "in.mkv"), tmp_path / f"out{suffix}"
    summary = blur(before, after, Settings(keep="metadata"))
    assert "kept metadata: COMMENT, LOCATION, title" in summary.notes
    with av.open(str(after)) as container:
        found = {key.lower(): value for key, value in container.metadata.items()}
    assert {key: found.get(key) for key in TAGS} == TAGS
    assert not _chapters(after)


SILENCED = [(".mp4", "aac"), (".mkv", "flac"), (".mkv", "libopus"), (".mov", "pcm_s16le"), (".mp4", "ac3")]


@pytest.mark.parametrize(("suffix", "codec"), SILENCED)
def test_mute_keeps_the_tracks_and_silences_them(tmp_path: Path, suffix: str, codec: str) -> None:
    clip = Clip(times=FORTY, sound=((codec, "eng"), (codec, "fra")), sound_start=0.2)
    before, after = make(tmp_path / f"in{suffix}", clip), tmp_path / f"out{suffix}"
    summary = blur(before, after, Settings(mute=True))
    assert "kept 2 audio tracks, silent" in summary.notes
    (start, end, loud), (begins, ends, silent) = _heard(before), _heard(after)
    assert loud > 0.01
    assert silent < 0.0001  # AC-3 decoders add a breath of noise
    assert abs(begins - start) < 0.03
    assert abs(ends - end) < 0.05
    assert [language for language, _ in seen(after).sounds] == ["eng", "fra"]


def _heard(place: Path) -> tuple[float, float, float]:
    """When the first track starts and ends, in seconds, and how loud it gets; of 1."""
    loudest, times = 0.0, []
    with av.open(str(place)) as container:
        for frame in container.decode(audio=0):
            samples = frame.to_ndarray().astype(float)
            loudest = max(loudest, float(np.abs(samples).max()) / (1 if "flt" in frame.format.name else 32768))
            times += [frame.time or 0.0, (frame.time or 0.0) + frame.samples / frame.sample_rate]
    return min(times), max(times), loudest


def test_settings_that_contradict() -> None:
    with pytest.raises(SettingsError, match="mute needs the sound"):
        Settings(mute=True, audio=False)
    with pytest.raises(SettingsError, match="keep is 'faces': choose from"):
        Settings(keep="chapters,faces")
