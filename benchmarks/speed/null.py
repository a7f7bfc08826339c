"""Decode and encode with nothing in between: the floor for every tool that writes a recording again.

usage: python -m benchmarks.speed.null INPUT OUTPUT [--preset P] [--crf N] [--alike]

The same libraries, encoder, preset and crf as streamblur's. How x264 works is what PyAV and the preset make of it:
slices of one picture on all cores, and 40 frames looked ahead at medium. With --alike it works as streamblur tells it
to: on several pictures at once, with 15 frames looked ahead at fast and medium. Decoding runs ahead on a thread of
its own. Sound is copied.
"""

from __future__ import annotations

import argparse
import queue
import threading
from typing import Any

import av


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--preset", default="medium")
    parser.add_argument("--crf", default="23")
    parser.add_argument("--alike", action="store_true")
    asked = parser.parse_args()
    with av.open(asked.input) as source, av.open(asked.output, "w") as sink:
        video = source.streams.video[0]
        video.thread_type = "AUTO"
        picture: Any = sink.add_stream("libx264", rate=video.average_rate)
        picture.width, picture.height, picture.pix_fmt = video.width, video.height, video.pix_fmt
        picture.codec_context.time_base = video.time_base
        picture.options = {"preset": asked.preset, "crf": asked.crf}
        if asked.alike:
            _as_streamblur(picture.codec_context, asked.preset, asked.crf)
        copies = {s.index: sink.add_stream_from_template(s) for s in source.streams.audio}
        waiting: queue.Queue[Any] = queue.Queue(8)
        reader = threading.Thread(target=_read, args=(source, video, copies, waiting))
        reader.start()
        while (item := waiting.get()) is not None:
            sink.mux(picture.encode(item) if isinstance(item, av.VideoFrame) else item)
        sink.mux(picture.encode(None))
        reader.join()


def _as_streamblur(context: Any, preset: str, crf: str) -> None:
    from streamblur.settings import Settings
    from streamblur.sinks import _codecs, _threads

    context.options = _codecs.options(Settings(preset=preset, crf=int(crf)), context.name, frozenset(["preset", "crf"]))
    _threads.share(context, live=False)


def _read(source: Any, video: Any, copies: dict[int, Any], waiting: queue.Queue[Any]) -> None:
    """Decoded frames and packets of sound, then None."""
    for packet in source.demux([video, *source.streams.audio]):
        if packet.stream_index == video.index:
            for frame in packet.decode():
                frame.pict_type = 0
                waiting.put(frame)
        elif packet.dts is not None:
            packet.stream = copies[packet.stream_index]
            waiting.put(packet)
    waiting.put(None)


if __name__ == "__main__":
    main()
