"""The colours of a picture, as every screen shows them: sRGB, or grey. What lies under full transparency is wiped."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from streamblur.errors import InputError

SAME = 2
"""Steps of 255 by which a profile may differ from sRGB and still be taken for it: the pixels then stay as they are."""
_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}


def plain(image: Image.Image, keep_icc: bool) -> Image.Image:
    """A loaded picture as L, I;16, RGB or RGBA, its colour profile applied unless it is kept.

    Raises InputError for pixels that are neither grey nor colour as a screen knows it.
    """
    profile = image.info.get("icc_profile") or b""
    if image.mode.startswith("I;16"):
        return _grey16(image)
    alpha = None
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        whole = image.convert("RGBA")
        alpha = whole.getchannel("A")
        image = whole.convert("RGB") if image.mode not in ("L", "LA", "La", "1") else whole.getchannel("R")
    elif image.mode in ("1", "P", "RGBX", "YCbCr"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if image.mode not in _SPACES:
        raise InputError(f"pixels of the kind {image.mode} are not accepted: convert the picture to RGB first.")
    if profile and not (keep_icc and image.mode != "CMYK"):
        image = _as_srgb(image, profile)
    image = image.convert("RGB") if image.mode == "CMYK" else image
    return image if alpha is None else _wiped(image, alpha)


def _grey16(image: Image.Image) -> Image.Image:
    return image if image.mode == "I;16" else image.convert("I;16")


def _wiped(image: Image.Image, alpha: Image.Image) -> Image.Image:
    """With its transparency, and black where nothing shows: editors leave there what was cut away."""
    whole = np.array(image.convert("RGBA"))
    whole[..., 3] = np.asarray(alpha)
    whole[whole[..., 3] == 0] = 0
    return Image.fromarray(whole)


def is_srgb(profile: bytes, mode: str) -> bool:
    """Whether the profile says about the same as sRGB (or grey as sRGB has it), or nothing that makes sense."""
    transform = _transform(profile, mode)
    if transform is None:
        return True
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid: Any = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3) if mode == "RGB" else steps[None]
    before = Image.fromarray(grid)
    after = np.asarray(transform.apply(before)).astype(int)
    return bool(np.abs(after - np.asarray(before.convert("RGB"))).max() <= SAME)


def _as_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    if image.mode != "CMYK" and is_srgb(profile, image.mode):
        return image
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    shown = transform.apply(image)
    return shown.getchannel("G") if image.mode == "L" else shown


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile to sRGB; None when it is damaged or for another kind of pixels, as every viewer ignores it."""
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if read.profile.xcolor_space.strip() != _SPACES[mode]:
            return None
        intent = ImageCms.Intent(read.profile.rendering_intent)
        return ImageCms.buildTransform(read, ImageCms.createProfile("sRGB"), mode, "RGB", intent)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
