# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two faces may be one person: the proportions of the face and the colours of its parts.

This is no recognition of people: it tells faces of one film apart, and is wrong for twins and for new light.
"""

from __future__ import annotations

import numpy as np

from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.head_pose import PICTURE_AXES, fit_pose
from mien.face_tracking.landmark_indices import FACE

# Landmarks that a face moves little: corners of the eyes, nose, brows, forehead, sides of the face.
PROPORTIONS = np.array([
    2, 4, 6, 10, 33, 48, 70, 93, 98, 105, 107, 109, 127, 132, 133, 168, 172, 195, 197, 234, 263, 278, 300, 323, 327,
    334, 336, 338, 356, 361, 362, 397, 454,
])  # fmt: skip
# Where colours are read: cheeks, forehead, nose, lips, brows, chin, beside the ears.
PATCHES = np.array([50, 280, 10, 151, 9, 195, 205, 425, 0, 17, 107, 336, 105, 334, 152, 234, 454])
PATCH = 1 / 60  # half side of a patch, in face heights
# Spread of each part within one speaker's clip, 95 of 100 frames (three real clips): the unit of `difference`.
UNITS = (0.2, 0.02, 0.2)  # cm; parts of red, green, blue; log of grey
OTHER_PERSON = 1.25  # in these units: between the largest within one clip and the least between two people


def describe(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n,) what `difference` compares, of picture (H, W, 3) uint8 with landmarks (478, 3)."""
    face = canonical_face()
    own = fit_pose(points, face).without_pose(np.asarray(points[:FACE], float))[PROPORTIONS, :2]
    shape = own - (face.points * PICTURE_AXES)[PROPORTIONS, :2]
    colours = _colours(picture, points)
    parts = colours / (colours.sum(1, keepdims=True) + 1)
    grey = np.log(colours.mean(1) + 8)
    values = (shape.ravel(), parts.ravel(), grey)
    return np.concatenate([part / (unit * np.sqrt(part.size)) for part, unit in zip(values, UNITS, strict=True)])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """0 for the same description; about 1 is the most within a clip of one person."""
    return float(np.sqrt(((one - other) ** 2).sum() / len(UNITS)))


def _colours(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(17, 3) mean colours 0..255 around PATCHES."""
    height, width = picture.shape[:2]
    half = max(1, int(np.ptp(points[:, 1]) * PATCH))
    at = np.clip(points[PATCHES, :2].astype(int), 0, [width - 1, height - 1])
    windows = [picture[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] for x, y in at]
    return np.array([window.reshape(-1, 3).mean(0) for window in windows])
