# SPDX-License-Identifier: GPL-3.0-or-later
"""Corners of the mouth (docs/articulation.md, section 6b): they rise and sink slowly, and never as a mirror image."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.engines.articulation.landmark_gains import landmark_gains
from mien.engines.articulation.smooth_noise import waves

# standard deviation in % of the distance of the outer eye corners; Hz, slowest and fastest
LIFT, SPEEDS = 1.65, (0.06, 0.35)
UPWARD, MOST = 0.3, 2.0  # of the lift, in standard deviations: mean; at most about so far from it
FALLEN = 0.55  # how far corners fall for a fall of 1: a calm face hardly frowns
HEIGHT, HEIGHT_SPEEDS = 0.88, (0.12, 0.7)  # of the difference of both corners' heights
WIDTH, WIDTH_SPEEDS = 0.98, (0.12, 0.7)  # and of their distances from the mid-line
BODILY = 0.5  # share of the latter that is a shift of the whole mouth; the rest is one corner drawn back


def mouth_corners(frames: int, amount: float, asymmetry: float, rng: np.random.Generator) -> np.ndarray:
    """(T, 52) weights to add; `amount` is a factor on the movement of both corners, `asymmetry` on what they differ
    by."""
    lift = UPWARD + MOST * np.tanh(waves(frames, *SPEEDS, rng) / MOST)
    lift = amount * LIFT * np.where(lift > 0, lift, FALLEN * lift)
    apart = asymmetry * HEIGHT * waves(frames, *HEIGHT_SPEEDS, rng)
    aside = asymmetry * WIDTH * waves(frames, *WIDTH_SPEEDS, rng)
    gains = landmark_gains()
    added = np.zeros((frames, len(ARKIT)))
    for side, sign in (("Left", 1), ("Right", -1)):
        height, leading = lift + sign * apart / 2, np.maximum(sign * aside, 0)
        added[:, INDEX[f"mouthSmile{side}"]] = np.maximum(height, 0) / gains.smile
        added[:, INDEX[f"mouthFrown{side}"]] = np.maximum(-height, 0) / gains.frown
        added[:, INDEX[f"mouth{side}"]] = BODILY * leading / (2 * gains.aside)
        for name in ("mouthDimple", "mouthStretch"):  # one lifts the corner, the other lowers it
            added[:, INDEX[f"{name}{side}"]] = (1 - BODILY) * leading / (2 * gains.spread)
    return added
