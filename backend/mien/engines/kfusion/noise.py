# SPDX-License-Identifier: GPL-3.0-or-later
"""The noise that makes takes differ: smooth Gaussian curves, half of them slow as posture is, half as fast as nods."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

SLOW, FAST = 20.0, 3.0  # frames of 40 ms: standard deviations of the smoothing


def smooth_noise(rng: np.random.Generator, frames: int, curves: int) -> np.ndarray:
    """(frames, curves) float32 of variance 1."""
    margin = int(4 * SLOW)
    white = rng.standard_normal((frames + 2 * margin, curves), np.float32)
    half = curves // 2
    parts = [
        gaussian_filter1d(part, width, axis=0, truncate=4.0) * np.sqrt(2 * np.sqrt(np.pi) * width)
        for part, width in ((white[:, :half], SLOW), (white[:, half:], FAST))
    ]
    return np.concatenate(parts, 1)[margin : margin + frames].astype(np.float32)
