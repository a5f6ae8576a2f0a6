# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo as the pixels of a film: upright, sRGB, of the size that is asked for, with its alpha where that is kept."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mien.photo import PortraitError, PortraitRefused
from mien.photo.options import DEFAULT_LONGEST, SIZE_LEAST
from mien.video.photo import read_photo

LEAST_SIDE = 32  # pixels of the shorter side


def read_pixels(path: Path, size: int | None, alpha: bool) -> tuple[np.ndarray, tuple[str, ...]]:
    """(pixels (H, W, 3) uint8, or (H, W, 4) with `alpha`, both sides even; sentences on what was converted).

    size: of the longer side; None for the photo's own, at most DEFAULT_LONGEST. PortraitError for what is no photo,
    PortraitRefused where its alpha is asked for and it has none, VideoError for a damaged one, OSError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # SIDE_LIMIT is what counts
        with path.open("rb") as file:
            read = read_photo(file, path.name)
        if read is None:
            raise PortraitError(
                f"{path.name!r} is no photo that can be read: PNG, JPEG, WebP, TIFF, BMP and PPM are. "
                "Of a film, save one picture first."
            )
        pixels, notes = read
        if alpha:
            pixels = np.concatenate([pixels, _alpha_of(path, pixels.shape)], 2)
            notes = tuple(note for note in notes if "grey is put behind" not in note)
    height, width = pixels.shape[:2]
    longest = min(max(height, width), DEFAULT_LONGEST) if size is None else size
    scale = longest / max(height, width)
    target = [max(2, 2 * round(side * scale / 2)) for side in (width, height)]
    if min(target) < LEAST_SIDE:
        raise PortraitError(
            f"{path.name!r} would be a film of {target[0]}x{target[1]} pixels; the shorter side needs {LEAST_SIDE}, so "
            f"ask for a larger size (from {SIZE_LEAST}), or use a larger photo."
        )
    if size is None and max(height, width) > DEFAULT_LONGEST:
        notes = (*notes, f"the photo of {width}x{height} pixels is scaled to {target[0]}x{target[1]} for the film")
    if abs(target[0] - width) <= 1 and abs(target[1] - height) <= 1 and scale == 1:
        # An odd row or column is cut off, so that the rest stays as it is.
        target = [side // 2 * 2 for side in (width, height)]
        return np.ascontiguousarray(pixels[: target[1], : target[0]]), notes
    return _resized(pixels, (target[0], target[1])), notes


def _alpha_of(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    with Image.open(path) as image:
        if not image.has_transparency_data:
            raise PortraitRefused(f"{path.name!r} has no transparent parts, so there is no alpha to keep.")
        alpha = ImageOps.exif_transpose(image).convert("RGBA").getchannel("A")
    return np.asarray(alpha, np.uint8).reshape(*shape[:2], 1)


def _resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    mode = "RGB" if pixels.shape[2] == 3 else "RGBA"
    image = Image.fromarray(pixels, mode)
    return np.array(image.resize(size, Image.Resampling.LANCZOS))
