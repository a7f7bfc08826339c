"""What is timed: real clips where they are present, and the repository's sample, also at four times its size."""

from __future__ import annotations

from pathlib import Path

import av

from benchmarks.leak.tool import ROOT
from benchmarks.leak.truth import Truth, read

REAL = ("gallery_3x3_1080p", "gallery_5x5_1080p", "talk_700x700", "gesture_720p")
LARGE = "gallery_3x3_4k"
SAMPLE = "meeting"


def clips(media: Path, work: Path) -> dict[str, tuple[Path, Truth | None]]:
    """Clips by name, each with its truth where faces are known."""
    found: dict[str, tuple[Path, Truth | None]] = {SAMPLE: (ROOT / "sample_media" / "meeting.mp4", None)}
    if (media / "videos.json").exists():
        truths = {Path(name).stem: truth for name, truth in read(media / "videos.json").items()}
        found |= {name: (media / "videos" / f"{name}.mp4", truths[name]) for name in REAL}
        found[LARGE] = (_enlarged(found[REAL[0]][0], work / f"{LARGE}.mp4", 120), None)
    return found


def _enlarged(source: Path, place: Path, frames: int) -> Path:
    """The first frames of a clip at twice its width and height."""
    if place.exists():
        return place
    scratch = place.with_suffix(".part.mp4")
    with av.open(source) as read_from, av.open(scratch, "w") as sink:
        video = read_from.streams.video[0]
        out = sink.add_stream("libx264", rate=video.average_rate, options={"preset": "veryfast", "crf": "20"})
        out.width, out.height, out.pix_fmt = 2 * video.width, 2 * video.height, "yuv420p"
        for number, frame in enumerate(read_from.decode(video)):
            if number == frames:
                break
            large = frame.reformat(out.width, out.height, "yuv420p")
            large.pts, large.time_base, large.pict_type = frame.pts, frame.time_base, 0
            sink.mux(out.encode(large))
        sink.mux(out.encode(None))
    scratch.rename(place)
    return place
