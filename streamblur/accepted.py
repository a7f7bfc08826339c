"""What a stranger's file may be made of: the containers, codecs and picture formats that are read; all else is refused.

Each name is a parser more that a hostile file can reach; playlists and everything else that names other files are
left out on purpose.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,mpeg,mpegvideo,ogg,gif,asf,mxf,yuv4mpegpipe,h264,hevc,m4v,dv"
)
# fmt: off
CODECS = frozenset(
    [
        "h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "mpeg1video",
        "mpeg2video", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "theora", "prores", "dnxhd",
        "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "png", "qtrle", "flv", "h263", "h263p", "gif", "cinepak",
        "dvvideo", "v210", "svq3", "h261", "yuv4",
    ]
)
# fmt: on
# fmt: off
_SOUND = (
    "aac", "aac_latm", "ac3", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "alac", "amrnb", "amrwb", "dca", "eac3",
    "flac", "mlp", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "opus", "libopus", "pcm_alaw", "pcm_bluray",
    "pcm_dvd", "pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le", "pcm_mulaw", "pcm_s16be", "pcm_s16le", "pcm_s24be",
    "pcm_s24le", "pcm_s32be", "pcm_s32le", "pcm_s8", "pcm_u8", "truehd", "vorbis", "wmapro", "wmav1", "wmav2",
)
# fmt: on
PROBED = ",".join((*sorted(CODECS), *_SOUND))
"""What FFmpeg may decode while it finds out what a file holds, which it does before anybody can ask."""
_STILL = frozenset([b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"])
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


def picture_format(head: bytes) -> str:
    """The format of the picture file that begins with these (at least 64) bytes; empty when it is none."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return "BMP"
    if head[4:8] != b"ftyp":
        return ""
    brands = {head[8:12], *(head[n : n + 4] for n in range(16, min(64, int.from_bytes(head[:4], "big")), 4))}
    if brands & {b"avif", b"avis"} and head[8:12] in _STILL | {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if head[8:12] in _STILL else ""


def picture_at(place: Path) -> str:
    """The format of the picture file ``place``, by what it holds; empty when it is none, or cannot be read."""
    with suppress(OSError, ValueError):
        if place.is_file():
            with place.open("rb") as file:
                return picture_format(file.read(64))
    return ""
