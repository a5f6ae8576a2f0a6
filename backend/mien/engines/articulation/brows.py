# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows (docs/articulation.md, section 8): raised on some accents and on questions, never quite still."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.articulation.smooth_noise import slow_noise
from mien.speech_analysis.track import RATE

ACCENTED, MOST = 0.35, 0.4  # share of accents; at most so many a second
QUESTION = 0.15
INNER, OUTER, DOWN = INDEX["browInnerUp"], columns("browOuterUp"), columns("browDown")


def brows(
    frames: int,
    accents: list[Accent],
    phrases: list[Phrase],
    lift: np.ndarray,
    tremor: np.ndarray,
    temperature: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """(T, 52) weights to add. lift (T,): 1 raises the brows on an accent, -1 lowers them (anger, disgust);
    tremor (T,) is the size of an 8 to 10 Hz tremor (fear)."""
    up, down = np.zeros(frames), np.zeros(frames)
    t = np.arange(frames) / RATE
    last = -1 / MOST
    for accent in accents:
        accented, early, length = rng.random() < ACCENTED, rng.uniform(0.06, 0.12), rng.uniform(0.35, 0.60)
        peak = accent.peak / RATE
        if not accented or peak - last < 1 / MOST:
            continue
        last = peak
        begin = min(accent.onset / RATE - early, peak - 0.10)
        rise, fall = peak - begin, max(length - (peak - begin), 0.2)
        shape = np.where(t < peak, (t - begin) / rise, 1 - (t - peak) / fall)
        shape = 0.5 - 0.5 * np.cos(np.pi * np.clip(shape, 0, 1))
        size = min(0.15 + 0.10 * accent.z, 0.45)
        sign = lift[accent.peak]
        up = np.maximum(up, size * max(sign, 0) * shape)
        down = np.maximum(down, size * max(-sign, 0) * shape)
    for phrase in phrases:
        if phrase.question:
            begin = phrase.end / RATE - 0.6
            up += QUESTION * np.interp(t, [begin, begin + 0.4, begin + 0.7, begin + 1.2], [0, 1, 1, 0])
    idle = 0.03 * temperature * slow_noise(frames, 0.5, rng)
    shiver = tremor * np.sin(2 * np.pi * np.cumsum(rng.uniform(8, 10, frames)) / RATE)
    added = np.zeros((frames, len(ARKIT)))
    added[:, INNER] = up + np.maximum(idle, 0) + shiver
    added[:, OUTER] = (0.6 * up + 0.5 * np.maximum(idle, 0))[:, None]
    added[:, DOWN] = (down + np.maximum(-idle, 0) + shiver)[:, None]
    return added
