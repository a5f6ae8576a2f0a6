# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D's frame of motion: 50 expression coefficients of FLAME and 3 jaw angles, scaled to about [0, 1]."""

from __future__ import annotations

import numpy as np

FPS = 25
EXPRESSIONS, JAW = 50, 3
CHANNELS = EXPRESSIONS + JAW
SHAPES, ALL_EXPRESSIONS = 300, 100  # of FLAME; it has more expressions than are moved here
FLAME = SHAPES + ALL_EXPRESSIONS + JAW

# what is 0 and what is 1, fixed for expressions and for jaw angles in radians; nothing is clipped either way
LOW = np.repeat([-3.0, -0.1], [EXPRESSIONS, JAW])
HIGH = np.repeat([3.0, 0.5], [EXPRESSIONS, JAW])
MOVED = np.r_[SHAPES : SHAPES + EXPRESSIONS, FLAME - JAW : FLAME]


def to_flame(motion: np.ndarray) -> np.ndarray:
    """Scaled motion (..., 53) -> FLAME's parameters (..., 403) float64: 300 shape (0), 100 expression (the last 50 are
    0), 3 jaw axis-angle in radians. The layout of the .npy files that ProbTalk3D writes."""
    flame = np.zeros((*motion.shape[:-1], FLAME))
    flame[..., MOVED] = LOW + motion.astype(np.float64) * (HIGH - LOW)
    return flame
