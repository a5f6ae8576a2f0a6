# SPDX-License-Identifier: GPL-3.0-or-later
"""The inner-lip gap of the default head, and how to steer it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.heads.default import load_head

CLOSED = 0.0003  # m: what a closed mouth is steered to; the neutral face has 1.3 mm
CROSSING = 0.00015  # m: the lips never come nearer than this
STEPS = 3  # towards a gap: the pair that is nearest may change on the way
# mouthClose may pass jawOpen (and the funnel's opening) by this, or the lips cross (docs/articulation.md, section 0)
SLACK = 0.03
JAW, CLOSE, FUNNEL = INDEX["jawOpen"], INDEX["mouthClose"], INDEX["mouthFunnel"]
# Channels that part the lips and can be let go without being missed
OPENERS = columns("mouthUpperUp") + columns("mouthLowerDown") + [FUNNEL, INDEX["mouthShrugUpper"]]


@dataclass(frozen=True, eq=False)
class LipAperture:
    """Metres at the mid-line, negative where the lips cross: the least of P linear functions of the weights, one
    for each pair of an upper and a lower lip vertex there. neutral (P,), gains (52, P)."""

    pairs: np.ndarray
    gains: np.ndarray

    @property
    def neutral(self) -> float:
        return float(self.pairs.min())

    @property
    def jaw(self) -> float:
        """Metres a jawOpen of 1 parts the lips, at the least."""
        return float(self.gains[JAW].min())

    def of(self, weights: np.ndarray) -> np.ndarray:
        """(T, 52) -> (T,)"""
        return (self.pairs + weights @ self.gains).min(1)

    def narrow(self, weights: np.ndarray, most: np.ndarray) -> None:
        """Bring the gap of each frame down to `most` (T,), in place: mouthClose first, as far as it may go, then
        whatever else parts the lips is let go, then the jaw is shut."""
        close, parting = -self.gains[CLOSE].mean(), self.gains[OPENERS].mean(1)
        for _ in range(STEPS):
            over = np.maximum(self.of(weights) - most, 0)
            room = np.maximum(np.minimum(ceiling(weights), 1) - weights[:, CLOSE], 0)
            weights[:, CLOSE] += np.minimum(over / close, room)
        for _ in range(STEPS):
            over = np.maximum(self.of(weights) - most, 0)
            weights[:, OPENERS] *= (1 - np.minimum(over / np.maximum(weights[:, OPENERS] @ parting, 1e-9), 1))[:, None]
        for _ in range(STEPS):
            over = np.maximum(self.of(weights) - most, 0)
            weights[:, JAW] -= np.minimum(over / self.gains[JAW].mean(), weights[:, JAW])
        weights[:, CLOSE] = np.minimum(weights[:, CLOSE], ceiling(weights))

    def widen(self, weights: np.ndarray, least: np.ndarray | float) -> None:
        """Bring the gap up to `least`, in place: mouthClose is let go first, then the jaw drops."""
        for _ in range(STEPS):
            short = np.maximum(least - self.of(weights), 0)
            weights[:, CLOSE] -= np.minimum(short / -self.gains[CLOSE].mean(), weights[:, CLOSE])
        for _ in range(STEPS):
            short = np.maximum(least - self.of(weights), 0)
            weights[:, JAW] = np.minimum(weights[:, JAW] + short / self.gains[JAW].mean(), 1)


def ceiling(weights: np.ndarray) -> np.ndarray:
    """(T,) the most mouthClose may be: the jaw's opening, the funnel's, and a little."""
    return weights[:, JAW] + 0.18 * weights[:, FUNNEL] + SLACK


@functools.cache
def lip_aperture() -> LipAperture:
    """Of Mien's head; the same measure as its `lip_aperture`."""
    head = load_head()
    upper, lower = (np.unique(head.inner_lips[list(head.inner_lips_middle), side]) for side in (0, 1))
    heights = (head.deltas[head.order(ARKIT)] @ head.gap_axis).astype(float)
    rest = (head.vertices @ head.gap_axis).astype(float)
    pairs = (rest[upper][:, None] - rest[lower]).ravel()
    gains = (heights[:, upper][:, :, None] - heights[:, lower][:, None, :]).reshape(len(ARKIT), -1)
    return LipAperture(pairs, gains)
