# SPDX-License-Identifier: GPL-3.0-or-later
"""The head of somebody who says nothing: it rises and sinks with the breath, and goes along when the weight is shifted
from one leg to the other. The sizes and intervals are set by eye; a resting adult breathes 12 to 20 times a minute.
"""

from __future__ import annotations

import numpy as np

from mien.speech_analysis.track import RATE

BREATH = (3.2, 4.6)  # s a breath takes
INHALED = 0.4  # share of a breath that goes in
BREATH_SIZE = (0.25, 0.5)  # degrees by which the chin rises
SHIFTS = (6.0, 14.0)  # s between shifts of the weight
SHIFT_TIME = (1.0, 1.7)  # s that one takes
TILT, TURN = 1.6, 2.0  # degrees, sd of roll and yaw of a posture


def idle_motion(frames: int, rng: np.random.Generator) -> np.ndarray:
    """(T, 3) radians to be added to the head's rotation: pitch, yaw, roll, in the take's signs. It begins in the middle
    of a breath, between two shifts."""
    times = np.arange(frames) / RATE
    degrees = np.zeros((frames, 3))
    at = -rng.uniform(0, BREATH[1])
    while at < times[-1]:
        length, size = rng.uniform(*BREATH), rng.uniform(*BREATH_SIZE)
        share = np.clip((times - at) / length, 0, 1)
        inside = np.where(share < INHALED, share / INHALED, (1 - share) / (1 - INHALED))
        degrees[:, 0] -= size * _eased(inside)  # the chin rises: pitch is positive downwards
        at += length
    at = rng.uniform(0.5, 1.0) * SHIFTS[0]
    posture = np.zeros(2)
    while at < times[-1]:
        length, then = rng.uniform(*SHIFT_TIME), np.clip(rng.standard_normal(2), -2, 2) * (TURN, TILT)
        degrees[:, 1:] += (then - posture) * _eased(np.clip((times - at) / length, 0, 1))[:, None]
        posture = then
        at += rng.uniform(*SHIFTS)
    return np.radians(degrees)


def _eased(share: np.ndarray) -> np.ndarray:
    """0 to 1 with the least jerk (Flash and Hogan 1985)."""
    return share**3 * (10 - 15 * share + 6 * share**2)
