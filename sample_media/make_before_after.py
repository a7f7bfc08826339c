"""Makes ``before_after.jpg``, the picture in the README: one frame of ``meeting.mp4`` as it is, and blurred.

python3 sample_media/make_before_after.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from streamblur import Settings, blur

HERE = Path(__file__).resolve().parent
FRAME = 75
WIDTH = 560


def frame(place: Path) -> NDArray[Any]:
    """Frame ``FRAME`` of a clip, BGR, ``WIDTH`` pixels wide."""
    with av.open(str(place)) as clip:
        picture = next(f for number, f in enumerate(clip.decode(video=0)) if number == FRAME)
    image = picture.to_ndarray(format="bgr24")
    return cv2.resize(image, (WIDTH, image.shape[0] * WIDTH // image.shape[1]), interpolation=cv2.INTER_AREA)


def main() -> None:
    clip = HERE / "meeting.mp4"
    with tempfile.TemporaryDirectory() as folder:
        safe = Path(folder) / "safe.mp4"
        blur(clip, safe, Settings(preset="veryfast"))
        before, after = frame(clip), frame(safe)
    between = np.full((before.shape[0], 8, 3), 255, np.uint8)
    cv2.imwrite(str(HERE / "before_after.jpg"), np.hstack([before, between, after]), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
