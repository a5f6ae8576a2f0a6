# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows (docs/articulation.md, section 8): they rise ahead of accents and on questions, and are never quite still."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.articulation.landmark_gains import USUAL, landmark_gains
from mien.engines.articulation.smooth_noise import wander, waves
from mien.speech_analysis.track import RATE

ACCENTED, MOST = 0.60, 0.6  # share of accents; at most so many a second
AHEAD = (0.20, 0.32)  # s from the first movement to the accent
HOLD, FALL = (0.03, 0.18), (0.25, 0.50)  # s
SIZE, SIZE_Z, LARGEST = 0.52, 0.12, 0.80  # weight of a raise, more of it a standard deviation, at most
QUESTION = 0.25
MOST_UP = 0.9
POSTURE, POSTURE_SPEEDS = 0.20, (0.05, 0.3)  # weight; Hz: how high the brows are held
IDLE, IDLE_CORNER = 0.11, 0.9
SIDES, SIDES_SPEEDS = 0.155, (0.10, 0.6)  # of what the outer ends of both differ by
KNIT, KNIT_SPEEDS = 0.082, (0.08, 0.35)  # weight of browDown; Hz
UNKNIT = 0.3  # standard deviations below the mean at which it begins to show
LOWERED = 0.45  # of browDown for a weight of brows held low: it moves them twice as far
INNER, OUTER, DOWN = INDEX["browInnerUp"], columns("browOuterUp"), columns("browDown")
OUTER_SHARE = 0.85  # of a raise
GATHERS = 2.3  # % by which an inner end may go inwards until half of its raise is left to the outer one


def brows(
    frames: int,
    accents: list[Accent],
    phrases: list[Phrase],
    lift: np.ndarray,
    tremor: np.ndarray,
    temperature: float,
    rng: np.random.Generator,
    amount: float = 1.0,
    asymmetry: float = 1.0,
) -> np.ndarray:
    """(T, 52) weights to add. lift (T,): 1 raises the brows on an accent, -1 lowers them (anger, disgust);
    tremor (T,) is the size of an 8 to 10 Hz tremor (fear); `amount` is a factor on all movement, `asymmetry` on what
    both sides differ by."""
    t, gains = np.arange(frames) / RATE, landmark_gains()
    # a raise shall not knit the brows: an inner end that goes inwards as it rises leaves the height to the outer one
    kept = GATHERS / (GATHERS + gains.inner_knit)
    inner, outer_gain = kept * USUAL.brow_inner / gains.brow_inner, USUAL.brow_outer / gains.brow_outer
    instead = (1 - kept) * USUAL.brow_inner / gains.brow_outer
    up, down = _raises(t, accents, lift, rng)
    for phrase in phrases:
        if phrase.question:
            begin = phrase.end / RATE - 0.6
            up += QUESTION * np.interp(t, [begin, begin + 0.4, begin + 0.7, begin + 1.2], [0, 1, 1, 0])
    held = POSTURE * waves(frames, *POSTURE_SPEEDS, rng) + IDLE * wander(frames, IDLE_CORNER, rng)
    apart = asymmetry * SIDES * waves(frames, *SIDES_SPEEDS, rng)
    knit = KNIT * USUAL.knit / gains.knit * np.maximum(waves(frames, *KNIT_SPEEDS, rng) + UNKNIT, 0)
    shiver = tremor * np.sin(2 * np.pi * np.cumsum(rng.uniform(8, 10, frames)) / RATE)
    height = amount * (up + temperature * held)
    height = np.where(height > 0, MOST_UP * np.tanh(height / MOST_UP), height)  # no corner where the limit is met
    added = np.zeros((frames, len(ARKIT)))
    added[:, INNER] = inner * np.maximum(height, 0) + shiver
    for outer, lowered, sign in ((OUTER[0], DOWN[0], 0.5), (OUTER[1], DOWN[1], -0.5)):
        side = OUTER_SHARE * height + sign * temperature * apart
        added[:, outer] = outer_gain * np.maximum(side, 0) + instead * np.maximum(height, 0)
        added[:, lowered] = amount * down + LOWERED * np.maximum(-side, 0) + amount * temperature * knit + shiver
    return added


def _raises(
    t: np.ndarray, accents: list[Accent], lift: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(T,) how far accents raise the brows, and lower them."""
    up, down = np.zeros(len(t)), np.zeros(len(t))
    last = -1 / MOST
    for accent in accents:
        accented, ahead, varied = rng.random() < ACCENTED, rng.uniform(*AHEAD), rng.uniform(0.6, 1.4)
        hold, fall = rng.uniform(*HOLD), rng.uniform(*FALL)
        peak = accent.peak / RATE
        if not accented or peak - last < 1 / MOST:
            continue
        last = peak
        shape = np.interp(t, [peak - ahead, peak, peak + hold, peak + hold + fall], [0, 1, 1, 0])
        shape = 0.5 - 0.5 * np.cos(np.pi * shape)
        size = min(varied * (SIZE + SIZE_Z * accent.z), LARGEST)
        sign = lift[accent.peak]
        up = np.maximum(up, size * max(sign, 0) * shape)
        down = np.maximum(down, size * max(-sign, 0) * shape)
    return up, down
