# SPDX-License-Identifier: GPL-3.0-or-later
"""The visible label of a film, drawn onto its frames where that is wanted."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXTS = {"dub": "AI dub", "portrait": "AI portrait", "talk": "AI animation", "landmarks": "AI animation"}
SHARE = 0.035  # of the shorter side that a letter is high
LEAST = 10  # pixels
OPACITY = 0.6  # of the dark box


def draw_label(picture: np.ndarray, kind: str, text: str = "") -> np.ndarray:
    """A copy of a picture with its label in the lower left corner.

    picture: (H, W, 3) or (H, W, 4) uint8; alpha becomes opaque under the label. kind: of the provenance, whose text is
    used where `text` is empty.
    """
    height, width = picture.shape[:2]
    letters = _letters(text or TEXTS[kind], max(LEAST, round(SHARE * min(height, width))))[:height, :width]
    rows, columns = letters.shape
    margin = min(rows // 2, height - rows, width - columns)
    top = height - margin - rows
    out = picture.copy()
    box = out[top : top + rows, margin : margin + columns]
    white = letters[..., None].astype(np.float32) / 255
    dark = box[..., :3].astype(np.float32) * (1 - OPACITY)
    box[..., :3] = (dark * (1 - white) + 255 * white + 0.5).astype(np.uint8)
    box[..., 3:] = np.maximum(box[..., 3:], np.uint8(255 * OPACITY))
    return out


@functools.lru_cache(maxsize=8)
def _letters(text: str, size: int) -> np.ndarray:
    """(h, w) uint8: the text in white on black with a margin, h about twice the letters."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    pad = size // 2
    image = Image.new("L", (round(right - left) + 2 * pad, round(bottom - top) + 2 * pad))
    ImageDraw.Draw(image).text((pad - left, pad - top), text, 255, font)
    return np.asarray(image)
