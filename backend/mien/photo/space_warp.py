# SPDX-License-Identifier: GPL-3.0-or-later
"""A smooth map of space that takes points to others: the head's landmarks to those of a photo.

Because all of space is mapped, lips and lids that meet on the head meet in the photo, however wide they are open there.
"""

from __future__ import annotations

import numpy as np

BLOCK = 256  # places that are mapped at a time: their distances stay in a processor's cache


class SpaceWarp:
    """x -> a + B x + sum of c_i |x - p_i| (the polyharmonic spline of three dimensions; Duchon 1977).

    points (N, 3) and where they go (N, 3), in any units; smoothing >= 0, in units of distance: how far points may stay
    from their goals for a smoother map. weights (N,): of the points; a lower one may stay farther.
    """

    def __init__(
        self, points: np.ndarray, goals: np.ndarray, smoothing: float = 0.0, weights: np.ndarray | None = None
    ) -> None:
        self._points = np.asarray(points, np.float32)
        count = len(points)
        at = np.asarray(points, float)
        kernel = -np.linalg.norm(at[:, None] - at, axis=2)  # conditionally positive definite
        kernel[np.diag_indices(count)] += smoothing / (np.ones(count) if weights is None else weights)
        plane = np.c_[np.ones(count), at]
        system = np.block([[kernel, plane], [plane.T, np.zeros((4, 4))]])
        solution = np.linalg.solve(system, np.r_[np.asarray(goals, float), np.zeros((4, 3))])
        self._coefficients = -solution[:count].astype(np.float32)
        self.shift, self.linear = solution[count], solution[count + 1 :].T

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """(M, 3) float32 where places (M, 3) go."""
        places = np.asarray(places, np.float32)
        out = np.empty((len(places), 3), np.float32)
        squares = (self._points**2).sum(1)
        # The squared distance |x|^2 + |p|^2 - 2 x p as one product.
        factors = np.r_[-2 * self._points.T, squares[None], np.ones((1, len(squares)), np.float32)]
        rows = np.c_[places, np.ones(len(places), np.float32), (places**2).sum(1)]
        for begin in range(0, len(places), BLOCK):
            distance = rows[begin : begin + BLOCK] @ factors
            np.maximum(distance, 0, out=distance)
            np.sqrt(distance, out=distance)
            out[begin : begin + BLOCK] = distance @ self._coefficients
        return out + places @ self.linear.T.astype(np.float32) + self.shift.astype(np.float32)
