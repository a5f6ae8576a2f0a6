# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a sampled head moves fast: one network hardly nods, another trembles."""

from __future__ import annotations

import numpy as np

from mien.speech_analysis.track import RATE

FAST, WINDOW = 1.0, 10.0  # Hz; s of a window of Welch's method
SHARE = 0.07  # of a head's power above FAST, people's (docs/nonverbal.md)
LEAST, MOST = 0.35, 1.8  # factors on fast motion
LONG_ENOUGH = 0.5  # s


def scale_fast_motion(rotation: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Head rotation (T, 3) at 100 Hz whose fast motion has some SHARE of the power of all; `free` (T, 1) is 0 where the
    head is held."""
    from scipy.signal import butter, sosfiltfilt  # slow to import; so is what `fast_share` needs

    share = fast_share(rotation) if len(rotation) > LONG_ENOUGH * RATE else 0
    if not 0 < share < 1:
        return rotation
    fast = sosfiltfilt(butter(2, FAST, "highpass", fs=RATE, output="sos"), rotation, axis=0)
    factor = np.clip(np.sqrt(SHARE / (1 - SHARE) * (1 - share) / share), LEAST, MOST)
    return rotation + free * (factor - 1) * fast


def fast_share(rotation: np.ndarray) -> float:
    """Share of the power of rotation (T, 3) that is above FAST, without a drift; 0 for a head that is still."""
    from scipy.signal import welch

    window = min(len(rotation), round(WINDOW * RATE))
    frequency, power = welch(rotation, RATE, nperseg=window, detrend="linear", axis=0)
    total = power[frequency > 0].sum()
    return float(power[frequency > FAST].sum() / total) if total > 0 else 0.0
