# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a sampled head moves fast: one network hardly nods, another trembles."""

from __future__ import annotations

import numpy as np

from mien.engines.articulation.coarticulation import smooth
from mien.speech_analysis.track import RATE

FAST, WINDOW = 1.0, 10.0  # Hz; s of a window of Welch's method
SHARE = 0.065  # of a head's power above FAST, people's (docs/life.md)
SLOW = 0.75  # s over which slow motion is a mean: half of what moves at FAST is left in it
LEAST, MOST = 0.35, 1.8  # factors on fast motion


def paced(rotation: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Head rotation (T, 3) at 100 Hz whose fast motion has some SHARE of the power of all; `free` (T, 1) is 0 where the
    head is held."""
    share = fast_share(rotation)
    if not 0 < share < 1:
        return rotation
    slow = np.stack([smooth(axis, 2 * round(SLOW * RATE / 2) + 1) for axis in rotation.T], 1)
    factor = np.clip(np.sqrt(SHARE / (1 - SHARE) * (1 - share) / share), LEAST, MOST)
    return rotation + free * (factor - 1) * (rotation - slow)


def fast_share(rotation: np.ndarray) -> float:
    """Share of the power of rotation (T, 3) that is above FAST, without a drift; 0 for a head that is still."""
    from scipy.signal import welch  # slow to import

    window = min(len(rotation), round(WINDOW * RATE))
    frequency, power = welch(rotation, RATE, nperseg=window, detrend="linear", axis=0)
    total = power[frequency > 0].sum()
    return float(power[frequency > FAST].sum() / total) if total > 0 else 0.0
