"""Files and names made to do harm: other files read, servers asked, memory taken, time wasted."""

from __future__ import annotations

import http.server
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from clips import Clip, make

from streamblur import InputError, blur
from streamblur.accepted import FORMATS, PROBED

FLOOR = (8, 1, 2) if int(av.__version__.split(".")[0]) >= 18 else (8, 1, 1)
"""8.1.2 fixes CVE-2026-8461 (MagicYUV); PyAV 17, the last for Python 3.10, holds 8.1.1. 8.1.3 will fix CVE-2026-107697
(HLS reads what it must not) and CVE-2026-125267 (APAC). Until there is a wheel with it, and for Python 3.10, what
protects is that none of the three is on the lists of containers and codecs (``accepted``), neither for reading nor for
finding out what a file holds."""
SUFFIXES = [".mp4", ".m3u8", ".ts", ".sdp", ".ffconcat", ".svg", ".gif", ".mkv", ""]


class Server(threading.Thread):
    """Counts the requests made to it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        requests: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.requests = requests
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def run(self) -> None:
        self.server.serve_forever(poll_interval=0.02)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.server.shutdown()
    server.join()
    server.server.server_close()


def texts(folder: Path, address: str) -> dict[str, str]:
    local = folder / "private.ts"
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
    return {
        "ffconcat": "ffconcat version 1.0\nfile private.ts\n",
        "ffconcat http": f"ffconcat version 1.0\nfile {address}/a.ts\n",
        "m3u8 file": f"{head}file://{local}\n#EXT-X-ENDLIST\n",
        "m3u8 name": f"{head}private.ts\n#EXT-X-ENDLIST\n",
        "m3u8 http": f"{head}{address}/a.ts\n#EXT-X-ENDLIST\n",
        "m3u8 key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{address}/key"\n#EXTINF:1,\nprivate.ts\n#EXT-X-ENDLIST\n',
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
        "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9">'
        f'<image xlink:href="{address}/a.png"/><image xlink:href="file://{local}"/></svg>',
        "mpd": f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{address}/</BaseURL></MPD>',
        "smil": f'<smil><body><video src="{address}/a.mp4"/></body></smil>',
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_file_makes_us_read_another_or_ask_a_server(tmp_path: Path, suffix: str, server: Server) -> None:
    make(tmp_path / "private.ts", Clip())
    for text in texts(tmp_path, server.address).values():
        source, output = tmp_path / f"in{suffix}", tmp_path / "out.mp4"
        source.write_text(text)
        with pytest.raises(InputError):
            blur(source, output)
        assert not output.exists()
    assert server.requests == []


def test_a_reference_inside_an_mp4_is_not_followed(tmp_path: Path, server: Server) -> None:
    """Sample descriptions may say that the samples lie in another file (``alis``, ``url ``, ``urn ``)."""
    data = make(tmp_path / "made.mp4", Clip()).read_bytes()
    for name, text in (
        (b"url ", server.address.encode() + b"/a\0"),
        (b"alis", b"\0" * 200),
        (b"url ", b"private.ts\0"),
    ):
        at = data.index(b"url ", data.index(b"dref"))
        box = (12 + len(text)).to_bytes(4, "big") + name + b"\0\0\0\0" + text
        place = tmp_path / f"in{len(text)}.mp4"
        place.write_bytes(data[: at - 4] + box + data[at + 8 :])  # lengths around it are now wrong: that is the point
        try:
            blur(place, tmp_path / f"out{len(text)}.mp4")
        except InputError:
            continue
    assert server.requests == []


@pytest.mark.parametrize(
    "name", ["%03d.mp4", "concat:a|b.mp4", "-i.mp4", "-", "new\nline.mp4", "http:x.mp4", "file:x.mp4", "a\x1b[2J.mp4"]
)
def test_names_mean_nothing(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.chdir(tmp_path)
    os.replace(make(tmp_path / "made.mp4", Clip(times=(0, 1, 2))), tmp_path / name)
    summary = blur(name, f"{name}.out.mp4")
    assert summary.frames == 3
    assert server.requests == []


@pytest.mark.parametrize(
    "name", ["concat:private.ts|private.ts", "file:private.ts", "%03d.ts", "http://127.0.0.1:9/a.mp4", "lavfi:testsrc"]
)
def test_names_that_are_addresses_are_missing_files(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for known in ("private.ts", "001.ts"):
        make(tmp_path / known, Clip())
    with pytest.raises(InputError, match="No such file"):
        blur(name, "out.mp4")


def test_foreign_codecs_are_not_even_decoded_to_find_out(tmp_path: Path) -> None:
    place = make(tmp_path / "in.avi", Clip("magicyuv", "gbrp"))
    with av.logging.Capture() as logs:
        av.logging.set_level(av.logging.ERROR)
        with pytest.raises(InputError, match="magicyuv"):
            blur(place, tmp_path / "out.mp4")
    av.logging.set_level(None)
    assert not [text for _, _, text in logs if "frame" in text.lower()]
    assert "magicyuv" not in PROBED.split(",")
    assert "apac" not in PROBED.split(",")


def test_the_ffmpeg_inside_is_new_enough() -> None:
    version = tuple(int(part) for part in re.findall(r"\d+", av.ffmpeg_version_info)[:3])
    assert version >= FLOOR, f"FFmpeg {av.ffmpeg_version_info} has known holes: install a newer PyAV"
    assert "hls" not in FORMATS.split(",")
    assert {"magicyuv", "apac"}.isdisjoint(PROBED.split(","))
