"""Names of files: those from strangers are shown and sent back, and never a path."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 80
FACES = "faces.json"
"""The faces of a recording, in a job's folder or that of a review."""
REPORTS = {"en": "report.en.html", "zh": "report.zh.html"}
"""The report of a job in its folder, in each language."""
_RESERVED = frozenset(["CON", "PRN", "AUX", "NUL", *(f"{d}{n}" for d in ("COM", "LPT") for n in range(1, 10))])


def shown(name: str | None, otherwise: str) -> str:
    """The last part of a name, without control characters or what means something to a shell, a path or a page.

    ``otherwise`` stands in when nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name or ""))[-1]
    plain = "".join(c for c in last if unicodedata.category(c)[0] in "LNMPSZ" and c not in '<>:"|?*%`$&;')
    plain = re.sub(r"\s+", " ", plain).strip(" .-~")
    stem, dot, suffix = plain.rpartition(".")
    if dot and len(suffix) <= 5:
        plain = f"{stem[: LONGEST - 6]}.{suffix}"
    plain = plain[:LONGEST].strip(" .")
    return otherwise if not plain or plain.split(".")[0].upper() in _RESERVED else plain


def blurred(name: str, suffix: str) -> str:
    """The name under which the result is saved."""
    stem = name.rpartition(".")[0] or name
    return f"{stem}_blurred{suffix}"


def disposition(name: str, how: str = "attachment") -> str:
    """The Content-Disposition header (RFC 6266) for a name that ``shown`` gave."""
    simple = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"{how}; filename=\"{simple}\"; filename*=UTF-8''{quote(name, safe='')}"
