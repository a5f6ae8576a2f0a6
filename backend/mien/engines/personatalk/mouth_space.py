# SPDX-License-Identifier: GPL-3.0-or-later
"""MouthSpace: principal components of one speaker's lips, jaw and chin, and how the whole lower face goes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.template import JAW
from mien.face_tracking.landmark_indices import INNER_LIPS, OUTER_LIPS

COMPONENTS = 12  # 99.8 % of a speaker's variance
CHIN = (
    18, 200, 199, 175, 83, 313, 201, 421, 57, 287, 202, 422, 204, 424, 43, 273, 106, 335, 182, 406, 32, 262, 194, 418,
    140, 369, 171, 396, 208, 428,
)  # fmt: skip
POINTS = sorted({*OUTER_LIPS, *INNER_LIPS, *JAW, *CHIN})
RIDGE = 1e-6  # squared eye distances: the followers of components that hardly vary stay still
# The face below here goes with the mouth, above it stays; in eye distances below the eyes' corners (the nose's base is
# .6 or so below them)
STILL, MOVING = 0.35, 0.62


@dataclass(frozen=True, eq=False)
class MouthSpace:
    """mean (P, 3) and basis (12, P * 3) of POINTS, so scaled that a coefficient is the root of the mean squared
    displacement of a point, in eye distances; spread (12,) of the speaker; followers (12, 468, 3)."""

    mean: np.ndarray
    basis: np.ndarray
    spread: np.ndarray
    followers: np.ndarray

    def coefficients(self, shapes: np.ndarray) -> np.ndarray:
        """(..., 12) of shapes (..., 468, 3)."""
        points = shapes[..., POINTS, :] - self.mean
        return points.reshape(*shapes.shape[:-2], -1) @ self.basis.T / np.sqrt(len(POINTS))

    def moved(self, shape: np.ndarray, change: np.ndarray) -> np.ndarray:
        """(..., 468, 3): a shape whose coefficients change by (..., 12)."""
        return shape + np.einsum("...k,kpd->...pd", change, self.followers)


def mouth_space(shapes: FaceShapes, learnt: np.ndarray) -> MouthSpace:
    """Of the frames `learnt` (N,) bool."""
    points = shapes.shapes[learnt][:, POINTS]
    mean = points.mean(0)
    flat = (points - mean).reshape(len(points), -1)
    basis = np.linalg.svd(flat, full_matrices=False)[2][:COMPONENTS]
    basis = np.pad(basis, ((0, COMPONENTS - len(basis)), (0, 0)))
    coefficients = flat @ basis.T / np.sqrt(len(POINTS))
    whole = shapes.shapes[learnt] - shapes.shapes[learnt].mean(0)
    normal = coefficients.T @ coefficients / len(flat) + RIDGE * np.eye(COMPONENTS)
    followers = np.linalg.solve(normal, coefficients.T @ whole.reshape(len(flat), -1) / len(flat))
    followers = followers.reshape(COMPONENTS, *whole.shape[1:])
    followers[:, POINTS] = basis.reshape(COMPONENTS, -1, 3) * np.sqrt(len(POINTS))
    eyes = shapes.rest[[33, 263], 1].mean()
    share = np.clip((shapes.rest[:, 1] - eyes - STILL) / (MOVING - STILL), 0, 1)
    return MouthSpace(mean, basis, coefficients.std(0), followers * share[:, None])
