# SPDX-License-Identifier: GPL-3.0-or-later
"""The inner-lip gap of the default head: linear in the weights, so it can be steered exactly."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.heads.mien import load_head

CLOSED = 0.0003  # m: what a closed mouth is steered to; the neutral face has 1.3 mm
CROSSING = 0.00015  # m: the lips never come nearer than this
SLACK = 0.03  # mouthClose may pass jawOpen (and the funnel's opening) by this, or the lips cross (section 0)
JAW, CLOSE, FUNNEL = INDEX["jawOpen"], INDEX["mouthClose"], INDEX["mouthFunnel"]
# Channels that part the lips and can be let go without being missed
OPENERS = columns("mouthUpperUp") + columns("mouthLowerDown") + [FUNNEL, INDEX["mouthShrugUpper"]]


@dataclass(frozen=True, eq=False)
class LipGap:
    """gap(weights) = neutral + weights @ gains, metres at the mid-line, negative where the lips cross."""

    neutral: float
    gains: np.ndarray  # (52,)

    def of(self, weights: np.ndarray) -> np.ndarray:
        """(T, 52) -> (T,)"""
        return self.neutral + weights @ self.gains

    def narrow(self, weights: np.ndarray, most: np.ndarray) -> None:
        """Bring the gap of each frame down to `most` (T,), in place: mouthClose first, as far as it may go, then
        whatever else parts the lips is let go."""
        over = np.maximum(self.of(weights) - most, 0)
        ceiling = weights[:, JAW] + 0.18 * weights[:, FUNNEL] + SLACK
        room = np.maximum(np.minimum(ceiling, 1) - weights[:, CLOSE], 0)
        weights[:, CLOSE] += np.minimum(over / -self.gains[CLOSE], room)
        over = np.maximum(self.of(weights) - most, 0)
        parting = np.maximum(weights[:, OPENERS] @ self.gains[OPENERS], 1e-9)
        weights[:, OPENERS] *= (1 - np.minimum(over / parting, 1))[:, None]
        over = np.maximum(self.of(weights) - most, 0)
        weights[:, JAW] -= np.minimum(over / self.gains[JAW], weights[:, JAW])
        weights[:, CLOSE] = np.minimum(
            weights[:, CLOSE], weights[:, JAW] + 0.18 * weights[:, FUNNEL] + SLACK
        )

    def widen(self, weights: np.ndarray, least: np.ndarray | float) -> None:
        """Bring the gap up to `least`, in place: mouthClose is let go first, then the jaw drops."""
        short = np.maximum(least - self.of(weights), 0)
        weights[:, CLOSE] -= np.minimum(short / -self.gains[CLOSE], weights[:, CLOSE])
        short = np.maximum(least - self.of(weights), 0)
        weights[:, JAW] = np.minimum(weights[:, JAW] + short / self.gains[JAW], 1)


@functools.cache
def lip_gap() -> LipGap:
    """Of Mien's head."""
    head = load_head()
    neutral = float(head.inner_gap(np.zeros((1, len(ARKIT)), np.float32), ARKIT)[0])
    gains = head.inner_gap(np.eye(len(ARKIT), dtype=np.float32), ARKIT).astype(float) - neutral
    return LipGap(neutral, gains)
