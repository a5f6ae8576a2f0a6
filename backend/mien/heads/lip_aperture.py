# SPDX-License-Identifier: GPL-3.0-or-later
"""The lip aperture of the default head as a function of the channels, and how to narrow or widen it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.heads.default import load_head

CLOSED = 0.0003  # m: the aperture of a closed mouth; the neutral face has 1.3 mm
LEAST_APERTURE = 0.00015  # m: the lips never cross nor come nearer
STEPS = 3  # towards an aperture: the nearest pair may change from step to step
# mouthClose may pass jawOpen (and the funnel's opening) by this, or the lips cross (docs/articulation.md, section 0)
SLACK = 0.03
JAW, CLOSE, FUNNEL = INDEX["jawOpen"], INDEX["mouthClose"], INDEX["mouthFunnel"]
# Channels that part the lips and may be reduced
OPENERS = columns("mouthUpperUp") + columns("mouthLowerDown") + [FUNNEL, INDEX["mouthShrugUpper"]]


@dataclass(frozen=True, eq=False)
class LipAperture:
    """The aperture in metres at the mid-line, negative where the lips cross: the least of P linear functions of the 52
    weights, one for each pair of an upper and a lower lip vertex. pairs (P,): neutral values; gains (52, P)."""

    pairs: np.ndarray
    gains: np.ndarray

    @property
    def neutral(self) -> float:
        return float(self.pairs.min())

    @property
    def jaw(self) -> float:
        """Least metres by which a jawOpen of 1 parts the lips."""
        return float(self.gains[JAW].min())

    def of(self, weights: np.ndarray) -> np.ndarray:
        """(T,) metres for weights (T, 52)."""
        return (self.pairs + weights @ self.gains).min(1)

    def narrow(self, weights: np.ndarray, most: np.ndarray) -> None:
        """Reduce the aperture of each frame to `most` (T,) metres, in place: raise mouthClose up to its ceiling, then
        reduce the other channels that part the lips, then jawOpen."""
        close, parting = -self.gains[CLOSE].mean(), self.gains[OPENERS].mean(1)
        for _ in range(STEPS):
            excess = np.maximum(self.of(weights) - most, 0)
            headroom = np.maximum(np.minimum(ceiling(weights), 1) - weights[:, CLOSE], 0)
            weights[:, CLOSE] += np.minimum(excess / close, headroom)
        for _ in range(STEPS):
            excess = np.maximum(self.of(weights) - most, 0)
            weights[:, OPENERS] *= (1 - np.minimum(excess / np.maximum(weights[:, OPENERS] @ parting, 1e-9), 1))[
                :, None
            ]
        for _ in range(STEPS):
            excess = np.maximum(self.of(weights) - most, 0)
            weights[:, JAW] -= np.minimum(excess / self.gains[JAW].mean(), weights[:, JAW])
        weights[:, CLOSE] = np.minimum(weights[:, CLOSE], ceiling(weights))

    def widen(self, weights: np.ndarray, least: np.ndarray | float) -> None:
        """Raise the aperture to `least` metres, in place: reduce mouthClose, then raise jawOpen."""
        for _ in range(STEPS):
            shortfall = np.maximum(least - self.of(weights), 0)
            weights[:, CLOSE] -= np.minimum(shortfall / -self.gains[CLOSE].mean(), weights[:, CLOSE])
        for _ in range(STEPS):
            shortfall = np.maximum(least - self.of(weights), 0)
            weights[:, JAW] = np.minimum(weights[:, JAW] + shortfall / self.gains[JAW].mean(), 1)


def ceiling(weights: np.ndarray) -> np.ndarray:
    """(T,) the largest mouthClose allowed: jawOpen, the funnel's opening, and SLACK."""
    return weights[:, JAW] + 0.18 * weights[:, FUNNEL] + SLACK


@functools.cache
def lip_aperture() -> LipAperture:
    """Of the default head; the same measure as `Head.lip_aperture`."""
    head = load_head()
    upper, lower = (np.unique(head.inner_lips[list(head.inner_lips_middle), side]) for side in (0, 1))
    heights = (head.deltas[head.order(ARKIT)] @ head.gap_axis).astype(float)
    rest = (head.vertices @ head.gap_axis).astype(float)
    pairs = (rest[upper][:, None] - rest[lower]).ravel()
    gains = (heights[:, upper][:, :, None] - heights[:, lower][:, None, :]).reshape(len(ARKIT), -1)
    return LipAperture(pairs, gains)
