# SPDX-License-Identifier: GPL-3.0-or-later
"""How near a network's motion comes to the true one while it learns: the training metrics of ProbTalk3D.

Motion is what the network writes, in its own scale, not vertices: those are `metrics.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.evaluation import EvaluationError
from mien.evaluation.running_sums import Sums, mean


@dataclass(frozen=True)
class MotionMeasures(Sums):
    """Sums over sequences; two of them add up, `MotionMeasures()` being none. Means of nothing are NaN."""

    sequences: int = 0
    frames: int = 0
    distance: float = 0.0
    variance: float = 0.0

    @property
    def mean_l2(self) -> float:
        """Euclidean distance of a frame from the true one, mean over all frames."""
        return mean(self.distance, self.frames)

    @property
    def mean_var(self) -> float:
        """Euclidean distance of the channels' variances over time from the true ones, mean over sequences."""
        return mean(self.variance, self.sequences)


def measure_motion(truth: np.ndarray, motion: np.ndarray) -> MotionMeasures:
    """Measures of one sequence, both (T, D), T of at least 2. Add them up over sequences. EvaluationError else."""
    if truth.shape != motion.shape or truth.ndim != 2 or len(truth) < 2:
        raise EvaluationError(
            f"the motion has shape {motion.shape} and the true one {truth.shape}; both must be (frames, channels), "
            "of two frames or more."
        )
    truth, motion = truth.astype(float), motion.astype(float)
    variances = (each.var(0, ddof=1) for each in (motion, truth))  # of a sample, as PyTorch's
    return MotionMeasures(
        1, len(truth), float(np.linalg.norm(motion - truth, axis=1).sum()),
        float(np.linalg.norm(np.subtract(*variances))),
    )  # fmt: skip
