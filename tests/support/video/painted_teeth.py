# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawn face with teeth painted into its open mouth."""

import numpy as np
from mien.face_tracking.landmark_indices import INNER_LIPS, LOWER_LIP, UPPER_LIP
from mien.photo.eyes import polygon
from mien.photo.fit import FittedFace, fit_face
from PIL import Image
from rendered_faces import face

OPEN = (("jawOpen", 0.5),)
TOOTH, DARK = np.array((225, 222, 212), np.uint8), np.array((30, 12, 12), np.uint8)


def painted(upper: float, lower: float) -> tuple[FittedFace, np.ndarray]:
    """The face with its mouth open and these shares of the opening, from above and from below, full of teeth."""
    pixels = np.asarray(Image.fromarray(face(OPEN)).resize((576, 576), Image.Resampling.BICUBIC)).copy()
    fitted = fit_face(pixels)
    opening = polygon(fitted.points[list(INNER_LIPS), :2], np.zeros(2), pixels.shape[:2]) > 0.5
    top, bottom = fitted.points[[UPPER_LIP, LOWER_LIP], 1]
    down = ((np.arange(576) + 0.5 - top) / (bottom - top))[:, None]
    pixels[opening] = DARK
    pixels[opening & ((down < upper) | (down > 1 - lower))] = TOOTH
    return fitted, pixels
