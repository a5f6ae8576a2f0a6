# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos, by Pillow: turned as their EXIF says, 16 bits and other colour spaces to 8-bit sRGB, alpha over grey."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from mien.video import VideoError

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM")
SIDE_LIMIT = 16384  # pixels
BACKDROP = 128  # grey behind what is transparent
WIDE = ("I;16", "I;16B", "I;16L", "I", "F")  # Pillow's modes of more than 8 bits, all of them grey


def read_photo(file: BinaryIO, name: str) -> tuple[np.ndarray, tuple[str, ...]] | None:
    """(pixels (H, W, 3) uint8 sRGB, notes), or None for a file that is no photo.

    VideoError for a photo that is damaged or too large.
    """
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(name, _size(file)) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError):  # the last: a TIFF without a size
        return None
    if max(image.size) > SIDE_LIMIT:
        raise _too_large(name, image.size)
    notes = []
    try:
        if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
            notes.append("the picture is animated; its first frame is used")
        image.load()
        image = ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError) as error:
        raise VideoError(f"The photo {name!r} is damaged or cut short ({error}). Save it again.") from error
    if image.mode in WIDE:
        notes.append("the photo has more than 8 bits a colour; 8 are used")
        image = _grey(image)
    if image.has_transparency_data:
        image = _opaque(image, notes)
    return np.array(_srgb(image, notes)), tuple(notes)


def _too_large(name: str, size: tuple[int, int] | None) -> VideoError:
    given = "is too large" if size is None else f"is {size[0]}x{size[1]} pixels, which is too large"
    most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6  # from which on Pillow opens no picture
    return VideoError(
        f"The photo {name!r} {given}: at most {SIDE_LIMIT} a side and {most} million in all are read. Scale it down."
    )


def _size(file: BinaryIO) -> tuple[int, int] | None:
    """(width, height) by the header of a picture that `Image.open` finds too large."""
    for form in FORMATS:
        with suppress(Exception):  # of another format
            file.seek(0)
            return Image.OPEN[form][0](file, "").size
    return None


def _opaque(image: Image.Image, notes: list[str]) -> Image.Image:
    """Grey behind what is transparent; the colour profile is kept."""
    image = image.convert("RGBA")
    if image.getchannel("A").getextrema()[0] == 255:  # an alpha that hides nothing, as renderers write it
        return image
    notes.append("the photo has transparent parts; grey is put behind them")
    opaque = Image.alpha_composite(Image.new("RGBA", image.size, (BACKDROP,) * 3 + (255,)), image)
    opaque.info = image.info
    return opaque


def _grey(image: Image.Image) -> Image.Image:
    values = np.asarray(image, np.float64)
    most = float(np.max(values, initial=1.0, where=np.isfinite(values)))
    top = most if image.mode == "F" else 65535.0 if most <= 65535 else 2.0**31 - 1
    values = np.nan_to_num(values, posinf=most, neginf=0.0)
    return Image.fromarray(np.clip(values / top * 255 + 0.5, 0, 255).astype(np.uint8))


def _srgb(image: Image.Image, notes: list[str]) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if image.mode not in ("RGB", "L", "CMYK"):
                image = image.convert("RGB")
            convert = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), image.mode, "RGB")
            return ImageCms.applyTransform(image, convert) or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            notes.append("the photo's colour profile cannot be read; its colours are taken for sRGB")
    return image.convert("RGB")
