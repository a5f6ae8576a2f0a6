# SPDX-License-Identifier: GPL-3.0-or-later
"""Box-constrained least squares: weights between 0 and 1, for many frames that share one basis and change smoothly.

Projected Newton steps (Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints"):
variables on a bound that would leave it are held, the rest solves its linear system exactly, and a search
along the projected step keeps the sum falling. With the frames' order the system is banded, so a step costs as much
as one pass over the frames.
"""

from __future__ import annotations

import numpy as np

from mien.errors import MienError

WINDOW, MARGIN = 500, 25  # frames solved together, and more on both sides, whose influence has faded by then
STEPS = 100  # Newton steps; takes need about ten
HALVINGS = 30
SUFFICIENT = 1e-4  # of the fall that the slope promises (Armijo)


class SolveError(MienError, ArithmeticError):
    """The steps did not settle."""


def solve(gram: np.ndarray, products: np.ndarray, smooth: float, tolerance: float = 1e-6) -> np.ndarray:
    """(F, C) weights w in 0..1 of the least sum over frames of w'Gw / 2 - p'w + smooth / 2 |w - w one frame before|^2.

    gram (C, C) positive definite: basis times basis; products (F, C): basis times what is to be matched. Every weight
    comes within about `tolerance`. SolveError if it does not.
    """
    frames = len(products)
    weights = np.empty_like(products, float)
    for begin in range(0, frames, WINDOW):
        first, last = max(0, begin - MARGIN), min(frames, begin + WINDOW + MARGIN)
        window = _Window(gram, products[first:last], smooth).solved(tolerance)
        end = min(frames, begin + WINDOW)
        weights[begin:end] = window[begin - first : end - first]
    return weights


class _Window:
    def __init__(self, gram: np.ndarray, products: np.ndarray, smooth: float) -> None:
        self.gram, self.products, self.smooth = gram, products, smooth
        frames, self.channels = products.shape
        neighbours = np.full(frames, 2.0)
        neighbours[0] -= 1
        neighbours[-1] -= 1
        size = frames * self.channels
        # lower band of the Hessian: row k holds H[i + k, i]
        self.band = np.zeros((self.channels + 1, size))
        for below in range(self.channels):
            column = np.concatenate([np.diagonal(gram, -below), np.zeros(below)])
            self.band[below] = np.tile(column, frames)
        self.band[0] += np.repeat(smooth * neighbours, self.channels)
        self.band[self.channels, : size - self.channels] = -smooth

    def solved(self, tolerance: float) -> np.ndarray:
        weights = np.clip(self.step(np.zeros_like(self.products), np.ones(self.products.shape, bool)), 0, 1)
        slope = self.slope(weights)
        for _ in range(STEPS):
            held = ((weights <= 0) & (slope > 0)) | ((weights >= 1) & (slope < 0))
            newton = self.step(weights, ~held)
            if np.abs(np.clip(weights + newton, 0, 1) - weights).max() < tolerance:
                return weights
            weights = self.searched(weights, newton, slope)
            slope = self.slope(weights)
        raise SolveError(f"the bounded least squares of {len(weights)} frames did not settle in {STEPS} steps.")

    def searched(self, weights: np.ndarray, newton: np.ndarray, slope: np.ndarray) -> np.ndarray:
        start, share = self.value(weights), 1.0
        for _ in range(HALVINGS):
            tried = np.clip(weights + share * newton, 0, 1)
            if self.value(tried) <= start + SUFFICIENT * (slope * (tried - weights)).sum():
                return tried
            share /= 2
        raise SolveError("the bounded least squares cannot lower the sum any further.")

    def step(self, weights: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Newton's step of the free weights, the others held: their rows and columns become the identity's."""
        from scipy.linalg import solveh_banded  # slow to import

        open_ = free.ravel().astype(float)
        band = self.band * open_
        for below in range(1, self.channels + 1):
            band[below, :-below] *= open_[below:]
        band[0] += 1 - open_
        right = -self.slope(weights).ravel() * open_
        below = min(len(band), len(right))  # a single frame has no row of the one before
        newton = solveh_banded(band[:below], right, lower=True, overwrite_ab=True, check_finite=False)
        return newton.reshape(weights.shape)

    def slope(self, weights: np.ndarray) -> np.ndarray:
        change = np.diff(weights, axis=0) * self.smooth
        slope = weights @ self.gram - self.products
        slope[1:] += change
        slope[:-1] -= change
        return slope

    def value(self, weights: np.ndarray) -> float:
        falls = ((weights @ self.gram) / 2 - self.products) * weights
        return float(falls.sum() + self.smooth / 2 * (np.diff(weights, axis=0) ** 2).sum())
