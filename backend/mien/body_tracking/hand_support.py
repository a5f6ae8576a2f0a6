# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a hand is in the air: whether the background below it is the one beside the head, with no ledge between."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, gaussian_filter, label

SIDE = 192  # pixels of the longer side at which it is looked at
SMOOTH = 1.2  # pixels there
LEDGE = 7.0  # of 255 a pixel downwards: a table's edge; folds of a curtain change across
TOLERANCE, USUAL = 20.0, (5, 95)  # of 255 in each channel, about these percentiles of what is beside the head
NOBODY = 0.15  # of the person's mask
ROOM = (0.25, 0.8)  # palms below a hand that are looked at
MOST = 0.6  # of them that must be the wall


def in_the_air(picture: np.ndarray, mask: np.ndarray, hand: np.ndarray, palm: float, chin: float) -> bool:
    """Whether a hand (21, 2+) of a palm's length, pixels, has the wall below it in picture (H, W, 3) uint8 with the
    person's mask (H, W). chin: how far down the face goes, pixels; what is beside it is the wall.

    False where the wall has ledges of its own all around, or nothing below the hand is in the picture."""
    height, width = mask.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BOX), np.float32)
    person = np.asarray(Image.fromarray(mask.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    nobody = ~np.asarray(binary_dilation(person > NOBODY, iterations=2), bool)
    steps = np.abs(gaussian_filter(small, (SMOOTH, SMOOTH, 0), order=(1, 0, 0))).max(2)  # pyright: ignore[reportArgumentType]
    pieces, count = label(nobody & (steps < LEDGE))  # pyright: ignore[reportGeneralTypeIssues]
    above = pieces[: max(1, round(chin * scale))]
    sizes = np.bincount(above.ravel(), minlength=count + 1)
    sizes[0] = 0
    if not sizes.any():
        return False
    wall = pieces == sizes.argmax()
    x0, x1 = (round(each * scale) for each in (hand[:, 0].min(), hand[:, 0].max()))
    low = float(hand[:, 1].max())
    y0, y1 = (round((low + share * palm) * scale) for share in ROOM)
    below = slice(max(0, y0), y1), slice(max(0, x0), x1 + 1)
    if y0 >= size[1] - 1 or not nobody[below].any():
        return False
    smooth = gaussian_filter(small, (SMOOTH, SMOOTH, 0))
    darkest, brightest = np.percentile(smooth[: len(above)][wall[: len(above)]], USUAL, axis=0)
    plain = ((smooth > darkest - TOLERANCE) & (smooth < brightest + TOLERANCE)).all(2)
    return bool((wall & plain)[below][nobody[below]].mean() > MOST)
