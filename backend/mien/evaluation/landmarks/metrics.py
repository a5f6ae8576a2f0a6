# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances of landmarks from true ones: LD and LVD of the whole face and of the mouth (Chen et al. 2019, arXiv
1905.03820, section 4), as parts of the face's width.

The published code of KFusion computes others by these names: one norm over a whole batch, and a difference between
neighbouring landmarks in the place of a velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.kfusion.landmark_space import MOUTH
from mien.evaluation import EvaluationError
from mien.evaluation.running_sums import Sums, mean
from mien.heads.landmark_fitting import CLOSED_GAP
from mien.heads.landmark_track import INNER_LIPS, eye_distance
from mien.numeric.mask_runs import runs

NEAR = 1  # frames within which a closure is met
STILL = 1e-6  # mm: deviation of a gap that never moves


@dataclass(frozen=True)
class Measures(Sums):
    """Sums over clips; two of them add up. Means of nothing are NaN. Distances are parts of the distance between the
    outer corners of the eyes at rest."""

    frames: int = 0
    steps: int = 0  # frames less one of each clip
    face: float = 0.0
    face_velocity: float = 0.0
    mouth: float = 0.0
    mouth_velocity: float = 0.0
    moving: int = 0  # clips in which the lips move
    opening: float = 0.0
    jerks: int = 0
    jerk: float = 0.0
    closures: int = 0
    met: int = 0

    @property
    def ld(self) -> float:
        """Landmark distance: mean over frames and all 68 points."""
        return mean(self.face, self.frames)

    @property
    def lvd(self) -> float:
        """Landmark velocity difference: of the changes from frame to frame."""
        return mean(self.face_velocity, self.steps)

    @property
    def mouth_ld(self) -> float:
        """M-LD: of the 20 points of the mouth."""
        return mean(self.mouth, self.frames)

    @property
    def mouth_lvd(self) -> float:
        """M-LVD"""
        return mean(self.mouth_velocity, self.steps)

    @property
    def opening_correlation(self) -> float:
        """Pearson correlation of the gap between the inner lips with the true one, mean over clips."""
        return mean(self.opening, self.moving)

    @property
    def jitter(self) -> float:
        """Mean size of the third difference over time, of all points."""
        return mean(self.jerk, self.jerks)

    @property
    def share_met(self) -> float:
        """Share of the spoken p, b and m at which the inner lips are within CLOSED_GAP."""
        return mean(self.met, self.closures)


def measure(predicted: np.ndarray, true: np.ndarray, rest: np.ndarray, lips_shut: np.ndarray) -> Measures:
    """Of one clip: landmarks (F, 68, 3) mm, both without the head's motion; rest (68, 3); lips_shut (F,) bool, the
    frames of a p, b or m. EvaluationError for shapes that do not fit, or under four frames."""
    frames = len(true)
    if predicted.shape != true.shape or true.shape[1:] != (68, 3) or lips_shut.shape != (frames,) or frames < 4:
        raise EvaluationError(
            f"landmarks of shapes {predicted.shape} and {true.shape} with {lips_shut.shape} marks were given; expected "
            "(F, 68, 3) twice and (F,), four frames or more."
        )
    unit = eye_distance(rest)
    apart = (predicted - true).astype(float) / unit
    size, velocity = (np.linalg.norm(each, axis=2) for each in (apart, np.diff(apart, axis=0)))
    third = np.linalg.norm(np.diff(predicted.astype(float) / unit, 3, axis=0), axis=2)
    gap, true_gap = gap_of(predicted), gap_of(true)
    moves = min(gap.std(), true_gap.std()) > STILL
    closures = runs(lips_shut)
    return Measures(
        frames, frames - 1, float(size.mean(1).sum()), float(velocity.mean(1).sum()),
        float(size[:, MOUTH].mean(1).sum()), float(velocity[:, MOUTH].mean(1).sum()),
        int(moves), float(np.corrcoef(gap, true_gap)[0, 1]) if moves else 0.0,
        frames - 3, float(third.mean(1).sum()), len(closures),
        sum(bool((gap[max(0, begin - NEAR) : end + NEAR] <= CLOSED_GAP * unit).any()) for begin, end in closures),
    )  # fmt: skip


def gap_of(points: np.ndarray) -> np.ndarray:
    """(F,) mm between the middle of the inner lips of points (F, 68, 3)."""
    upper, lower = INNER_LIPS[1]
    return points[:, upper, 1].astype(float) - points[:, lower, 1]
