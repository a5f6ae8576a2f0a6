# SPDX-License-Identifier: GPL-3.0-or-later
"""Random curves of unit variance at 100 Hz, of a given speed."""

from __future__ import annotations

import numpy as np

from mien.speech_analysis.track import RATE

WAVES = 6
WARM_UP = 20  # s discarded, so that a curve does not start at rest


def wander(frames: int, corner: float, rng: np.random.Generator) -> np.ndarray:
    """(T,) a critically damped process with its corner at `corner` Hz: power falls as 1/f^4 above, so that it moves
    without a tremor. Its speed has a standard deviation of 2 pi `corner` a second."""
    from scipy.signal import lfilter  # slow to import, so only when needed; also below

    keep = np.exp(-2 * np.pi * corner / RATE)
    variance = (1 + keep**2) / (1 - keep**2) ** 3  # of two equal poles, for shocks of unit variance
    shocks = rng.standard_normal(frames + WARM_UP * RATE) / np.sqrt(variance)
    return np.asarray(lfilter([1.0], [1.0, -2 * keep, keep**2], shocks))[WARM_UP * RATE :]


def waves(frames: int, slowest: float, fastest: float, rng: np.random.Generator) -> np.ndarray:
    """(T,) WAVES sines of frequencies in Hz between both, evenly apart on a scale of octaves. Some seconds of it vary
    as much as minutes do, and it never goes beyond 3.5."""
    steps = (np.arange(WAVES) + rng.uniform(0, 1, WAVES)) / WAVES
    frequencies = slowest * (fastest / slowest) ** steps
    t = np.arange(frames)[:, None] / RATE
    return np.sin(2 * np.pi * (frequencies * t + rng.random(WAVES))).sum(1) * np.sqrt(2 / WAVES)


def band_noise(frames: int, low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    """(T,) noise between two frequencies in Hz."""
    from scipy.signal import butter, sosfilt

    sections = butter(2, [low, high], "bandpass", fs=RATE, output="sos")
    noise = sosfilt(sections, rng.standard_normal(frames + WARM_UP * RATE))[WARM_UP * RATE :]
    return noise / np.sqrt(2 * (high - low) / RATE)  # white noise has its power spread to RATE / 2
