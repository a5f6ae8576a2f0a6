# SPDX-License-Identifier: GPL-3.0-or-later
"""Corners of the mouth (docs/articulation.md, section 6b): they rise and sink slowly, and never as a mirror image."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.engines.articulation.smooth_noise import wander

# % of the distance of the outer eye corners by which a weight of 1 moves a corner up or sideways, on the default head
SMILE, FROWN, ASIDE = 15.0, 5.9, 5.7
LIFT, CORNER, UPWARD = 1.2, 0.14, 0.25  # standard deviation in %; Hz; mean, in standard deviations
HEIGHT, HEIGHT_CORNER = 0.85, 0.40  # of the difference of both corners' heights
WIDTH, WIDTH_CORNER = 1.30, 0.40  # and of their distances from the mid-line


def mouth_corners(frames: int, amount: float, asymmetry: float, rng: np.random.Generator) -> np.ndarray:
    """(T, 52) weights to add; `amount` is a factor on the movement of both corners, `asymmetry` on what they differ
    by."""
    lift = amount * LIFT * (2 * np.tanh(wander(frames, CORNER, rng) / 2) + UPWARD)  # no grimace in a calm face
    apart = asymmetry * HEIGHT * wander(frames, HEIGHT_CORNER, rng)
    aside = asymmetry * WIDTH * wander(frames, WIDTH_CORNER, rng) / (2 * ASIDE)
    added = np.zeros((frames, len(ARKIT)))
    for side, height in (("Left", lift + apart / 2), ("Right", lift - apart / 2)):
        added[:, INDEX[f"mouthSmile{side}"]] = np.maximum(height, 0) / SMILE
        added[:, INDEX[f"mouthFrown{side}"]] = np.maximum(-height, 0) / FROWN
    added[:, INDEX["mouthLeft"]] = np.maximum(aside, 0)
    added[:, INDEX["mouthRight"]] = np.maximum(-aside, 0)
    return added
