"""A stream from the network, from an address that the user gave, by no other protocols than it needs."""

from __future__ import annotations

from typing import Any

import av

from streamblur.accepted import FORMATS
from streamblur.errors import InputError
from streamblur.ports import Source
from streamblur.settings import Live
from streamblur.sources._grabbed import Grabbed

PROTOCOLS = {
    "rtsp": "rtsp,rtp,tcp,udp",
    "rtsps": "rtsp,rtsps,rtp,tls,tcp,udp",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,rtmp,tls,tcp",
    "udp": "udp",
    "tcp": "tcp",
    "srt": "srt,udp",
    "http": "http,tcp",
    "https": "https,tls,tcp",
}
"""What each may use; never files."""
_ALSO = {"rtsp": ",rtsp", "rtsps": ",rtsp", "rtmp": ",live_flv", "rtmps": ",live_flv", "http": ",hls,mpjpeg"}
_ALSO |= {"https": ",hls,mpjpeg"}
QUIET = 5.0
"""Seconds without data after which a connection is taken to be broken."""
OPENS = 10.0
"""Seconds to connect in."""


def build(settings: Live, place: str) -> Source:
    """The stream at the address ``place``. Raises InputError when it cannot be opened or is of an unknown kind."""
    scheme = place.partition("://")[0].lower()
    if scheme not in PROTOCOLS:
        raise InputError(f"{place} is of no kind that is known: use {', '.join(sorted(PROTOCOLS))}.")
    told = {
        "protocol_whitelist": PROTOCOLS[scheme],
        "format_whitelist": FORMATS + _ALSO.get(scheme, ""),
        "fflags": "nobuffer",
        "flags": "low_delay",
        "probesize": "1000000",
        "analyzeduration": "1000000",
        "max_pixels": str(8192 * 8192),
        "max_streams": "64",
    }
    told |= {"rtsp_transport": "tcp"} if scheme in ("rtsp", "rtsps") else {}

    def opening() -> Any:
        return av.open(place, options=told, timeout=(OPENS, QUIET), metadata_errors="replace")

    return Grabbed(safe(place), opening, scheme not in ("http", "https"), "Check the address.")


def safe(place: str) -> str:
    """The address without what may be a secret in it: user and password, and what follows the host."""
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
