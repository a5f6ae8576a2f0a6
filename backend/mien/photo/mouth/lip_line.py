# SPDX-License-Identifier: GPL-3.0-or-later
"""The line between closed lips: a glimpse of teeth in it, or a light on it, is not the lips' own colour, and would be
drawn out over their edges as they part."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_closing

from mien.face_tracking.landmark_indices import INNER_LIPS, OUTER_LIPS
from mien.numeric.smoothstep import smoothstep
from mien.photo.eyes import polygon, window
from mien.photo.fill import filled
from mien.photo.fit import FittedFace

NEAR = (0.014, 0.032)  # of the eye distance around the line, over which it ends
LIGHTER = (1.02, 1.15)  # than the lips, over which a pixel there is none of them
DARKER = (0.7, 0.9)  # than the lips, over which a pixel is not of the dark between them
PALER = (0.95, 0.75)  # of their redness, over which it is none
# Of their redness and of their brightness, over which it is a tooth in the shade, or in front of dark lips.
GREY, SHADED = (0.7, 0.4), (0.35, 0.6)
CREVICE = 0.06  # of the eye distance: what is dark between two teeth is no lip, either


def bare_lips(face: FittedFace, pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: a photo (H, W, 3 or 4) uint8 of closed lips, with nothing light along their line."""
    eyes = face.eye_distance
    line = face.points[list(INNER_LIPS), :2]
    outline = face.points[list(OUTER_LIPS), :2]
    rows, columns, low = window(outline, 0.1 * eyes, pixels.shape)
    out = pixels[..., :3].copy()
    part = out[rows, columns].astype(np.float32)
    size = (part.shape[0], part.shape[1])
    near = _around(polygon(line, low, size), eyes)
    lips = polygon(outline, low, size) * (1 - near) > 0.9
    if lips.sum() < 20:
        return out
    grey, red = part.mean(2), _redness(part)
    lip_grey, lip_red = float(np.median(grey[lips])), float(np.median(red[lips]))
    if lip_red < 0.05 or lip_grey < 1:  # in black and white nothing is told by colour
        return out
    light = smoothstep(grey / lip_grey, *LIGHTER) * smoothstep(red / lip_red, *PALER)
    light = np.maximum(light, smoothstep(grey / lip_grey, *SHADED) * smoothstep(red / lip_red, *GREY))
    light = near * grey_closing(light, size=(1, 1 + 2 * round(CREVICE * eyes / 2)))
    light = np.clip(2 * gaussian_filter(light, max(0.6, 0.006 * eyes)), 0, 1)
    # The dark between the lips is not theirs, either.
    bare = filled(part, (1 - np.clip(1.5 * light, 0, 1)) * np.maximum(smoothstep(grey / lip_grey, *DARKER), 0.001))
    cover = (light * near)[..., None]
    out[rows, columns] = (np.clip(part * (1 - cover) + bare * cover, 0, 255) + 0.5).astype(np.uint8)
    return out


def _around(opening: np.ndarray, eyes: float) -> np.ndarray:
    """(h, w) 0..1 near an opening (h, w), which may be as thin as a line."""
    away = np.asarray(distance_transform_edt(opening < 0.1)) if (opening >= 0.1).any() else np.full(opening.shape, eyes)
    return smoothstep(away / eyes, NEAR[1], NEAR[0])


def _redness(values: np.ndarray) -> np.ndarray:
    return (values[..., 0] - values[..., 1:].mean(-1)) / np.maximum(values.max(-1), 8)
