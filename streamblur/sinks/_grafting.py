"""``python -m streamblur.sinks._grafting ORIGINAL FOLDER``: a JPEG with the blocks of another where they are wanted.

In FOLDER lie ``new.jpg`` and ``kept.npy`` (bool, one for each MCU); ``done.jpg`` becomes new.jpg, with the blocks of
ORIGINAL where kept is true. This is a process of its own: jpeglib puts copies of what it reads into the folder for
temporary files (FOLDER, as the caller says by TMPDIR), and libjpeg may end the process that gives it a damaged file.
Exit code 3: the two were not written in the same way.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

OTHERWISE = 3
_PLANES = ("Y", "Cb", "Cr")
_ASKED_FOR = ("JPEG_APP1", "JPEG_APP2")
"""The date and the colour profile, which are in new.jpg only if they are to be kept."""


def graft(original: str, folder: Path) -> int:
    """Write ``done.jpg``; the exit code."""
    import jpeglib  # type: ignore[import-not-found, import-untyped, unused-ignore]

    jpeglib.version.set("turbo210")
    old, new = jpeglib.read_dct(original), jpeglib.read_dct(str(folder / "new.jpg"))
    kept = np.load(folder / "kept.npy")
    if _manner(old) != _manner(new):
        return OTHERWISE
    for name in _PLANES[: new.num_components]:
        before, now = getattr(old, name), getattr(new, name)
        rows, columns = -(-now.shape[0] // kept.shape[0]), -(-now.shape[1] // kept.shape[1])
        mask = kept.repeat(rows, 0).repeat(columns, 1)[: now.shape[0], : now.shape[1]]
        now[mask] = before[mask]
    new.markers = [m for m in new.markers if str(m.type) in _ASKED_FOR]  # JFIF's is written by itself
    new.write_dct(str(folder / "done.jpg"), flags=["+OPTIMIZE_CODING"])
    _density((folder / "new.jpg").read_bytes(), folder / "done.jpg")
    return 0


def _density(new: bytes, place: Path) -> None:
    """Say in the file, too, how many pixels go on an inch, where both say it at their beginning (JFIF 1.02)."""
    done = place.read_bytes()
    if new[6:11] == done[6:11] == b"JFIF\0":
        place.write_bytes(done[:13] + new[13:18] + done[18:])


def _manner(jpeg: Any) -> tuple[Any, ...]:
    """Size, samplings and tables: only what is equal in them can be exchanged."""
    tables = [jpeg.qt[number].tolist() for number in jpeg.quant_tbl_no] if jpeg.Y is not None else []
    return jpeg.height, jpeg.width, jpeg.block_dims.tolist(), jpeg.samp_factor.tolist(), tables


if __name__ == "__main__":
    sys.exit(graft(sys.argv[1], Path(sys.argv[2])))
