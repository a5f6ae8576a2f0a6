# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a text that was aligned with a sound does not agree with it."""

from __future__ import annotations

import numpy as np

from mien.speech_analysis.track import RATE

FLOOR = 1e-4  # least probability of a sound
SECONDS = 1.0  # over which the two are compared
LEAST = -2.5  # nats a frame: texts that were said lie above -1.5, others from -3 to -6
SHORTEST_S = 0.4


def disagreements(path: np.ndarray, sounds: np.ndarray) -> tuple[tuple[float, float], ...]:
    """(begin, end) in seconds where the sounds of `path` (T,) are not those of the recogniser's probabilities `sounds`
    (T, sounds): the mean log ratio to the most probable one is too small."""
    if not len(path):
        return ()
    chosen = np.maximum(sounds[np.arange(len(path)), path], FLOOR)
    ratio = np.log(chosen) - np.log(np.maximum(sounds.max(1), FLOOR))
    width = min(len(path), round(SECONDS * RATE))
    window = np.ones(width)
    mean = (
        np.convolve(ratio, window, "same")[: len(path)] / np.convolve(np.ones(len(path)), window, "same")[: len(path)]
    )
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mean < LEAST, [0]]).astype(int))).reshape(-1, 2)
    return tuple((b / RATE, e / RATE) for b, e in edges.tolist() if e - b >= SHORTEST_S * RATE)
