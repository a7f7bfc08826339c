"""V21: a long recording does not drift, and in 20 minutes needs 5 % more memory at most than in the first few.

Hours are measured by hand (benchmarks/fidelity/README.md).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import runs

from streamblur import Progress, Settings, compose, rooms

MINUTES = 20
TESTS = Path(__file__).parent


def recording(place: Path, minutes: float) -> Path:
    """160x90 at 10 frames a second, each off its time by up to 20 ms, with sound to the end."""
    with av.open(str(place), "w") as output:
        picture = output.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": "50"})
        assert isinstance(picture, av.VideoStream)
        picture.width, picture.height, picture.pix_fmt = 160, 90, "yuv420p"
        picture.time_base = picture.codec_context.time_base = Fraction(1, 1000)
        sound = output.add_stream("aac", rate=8000, layout="mono")
        assert isinstance(sound, av.AudioStream)
        frame = av.VideoFrame(160, 90, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([100]) * plane.buffer_size)
        for number in range(round(minutes * 600)):
            frame.pts, frame.time_base = number * 100 + number * 7 % 20, Fraction(1, 1000)
            output.mux(picture.encode(frame))
            tone = av.AudioFrame.from_ndarray(np.full((1, 800), 0.01, np.float32), "fltp", "mono")
            tone.sample_rate, tone.pts, tone.time_base = 8000, number * 800, Fraction(1, 8000)
            output.mux(sound.encode(tone))
        output.mux(picture.encode(None))
        output.mux(sound.encode(None))
    return place


def measure(source: Path, output: Path) -> tuple[float, float, int]:
    """Resident MB after a fifth of the frames and at the most after it, until the file is whole; frames."""
    levels: list[float] = []
    whole = threading.Event()

    def watch(now: Progress) -> None:
        if now.frames % 50 == 0:
            levels.append(_resident())

    def watch_the_end() -> None:
        while not whole.wait(0.02):
            levels.append(_resident())

    def begin_to_watch(now: Progress) -> None:
        watch(now)
        if now.frames == now.total:
            threading.Thread(target=watch_the_end).start()

    rooms.part = runs.part
    try:
        summary = compose.run(Settings(preset="ultrafast"), source, output, begin_to_watch)
    finally:
        whole.set()
    early = len(levels) // 5
    return max(levels[early : 2 * early]), max(levels[early:]), summary.frames


def _resident() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / (1 << 20)


def ends(place: Path) -> list[Fraction]:
    """When the last packet of each track starts, after the first one of that track."""
    with av.open(str(place)) as container:
        times: dict[int, list[Fraction]] = {}
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                times.setdefault(packet.stream_index, []).append(packet.pts * packet.time_base)
    return [max(found) - min(found) for _, found in sorted(times.items())]


@pytest.mark.timeout(600)
def test_memory_is_flat_and_nothing_drifts(tmp_path: Path) -> None:
    source = recording(tmp_path / "in.mp4", MINUTES)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    command = [sys.executable, __file__, str(source), str(tmp_path / "out.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    early, most, frames = (float(word) for word in done.stdout.split())
    assert frames == MINUTES * 600
    assert most <= early * 1.05, f"{early:.0f} MB after a fifth, later {most:.0f} MB"
    assert most < 600
    for before, after in zip(ends(source), ends(tmp_path / "out.mp4"), strict=True):
        assert abs(before - after) <= Fraction(1, 1000)


def main(words: list[str]) -> None:
    """``SOURCE OUTPUT`` measures one run; ``by-hand FOLDER MINUTES`` makes a recording and prints everything."""
    if words[0] != "by-hand":
        print(*measure(Path(words[0]), Path(words[1])))
        return
    source, output = Path(words[1]) / "long.mp4", Path(words[1]) / "long_out.mp4"
    recording(source, float(words[2]))
    early, most, frames = measure(source, output)
    print(f"{frames} frames; {early:.1f} MB after a fifth, at most {most:.1f} MB later")
    for before, after in zip(ends(source), ends(output), strict=True):
        print(f"last packet at {float(before):.4f} s, then at {float(after):.4f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
