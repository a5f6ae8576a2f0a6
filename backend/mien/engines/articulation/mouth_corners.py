# SPDX-License-Identifier: GPL-3.0-or-later
"""Corners of the mouth (docs/articulation.md, section 6b): they rise and sink slowly, and never as a mirror image."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.engines.articulation.smooth_noise import wander

# % of the distance of the outer eye corners by which a weight of 1 moves a corner up or sideways, on the default head
SMILE, FROWN, ASIDE, SPREAD = 15.0, 5.9, 5.7, 5.9
LIFT, CORNER, UPWARD = 1.3, 0.14, 0.25  # standard deviation in %; Hz; mean, in standard deviations
HEIGHT, HEIGHT_CORNER = 1.05, 0.40  # of the difference of both corners' heights
WIDTH, WIDTH_CORNER = 1.30, 0.40  # and of their distances from the mid-line
BODILY = 0.5  # share of the latter that is a shift of the whole mouth; the rest is one corner drawn back
MOST = 2.0  # standard deviations: no grimace in a calm face


def mouth_corners(frames: int, amount: float, asymmetry: float, rng: np.random.Generator) -> np.ndarray:
    """(T, 52) weights to add; `amount` is a factor on the movement of both corners, `asymmetry` on what they differ
    by."""
    lift = amount * LIFT * (_within(wander(frames, CORNER, rng)) + UPWARD)
    apart = asymmetry * HEIGHT * _within(wander(frames, HEIGHT_CORNER, rng))
    aside = asymmetry * WIDTH * _within(wander(frames, WIDTH_CORNER, rng))
    added = np.zeros((frames, len(ARKIT)))
    for side, sign in (("Left", 1), ("Right", -1)):
        height, leading = lift + sign * apart / 2, np.maximum(sign * aside, 0)
        added[:, INDEX[f"mouthSmile{side}"]] = np.maximum(height, 0) / SMILE
        added[:, INDEX[f"mouthFrown{side}"]] = np.maximum(-height, 0) / FROWN
        added[:, INDEX[f"mouth{side}"]] = BODILY * leading / (2 * ASIDE)
        for name in ("mouthDimple", "mouthStretch"):  # one lifts the corner, the other lowers it
            added[:, INDEX[f"{name}{side}"]] = (1 - BODILY) * leading / (2 * SPREAD)
    return added


def _within(noise: np.ndarray) -> np.ndarray:
    return MOST * np.tanh(noise / MOST)
