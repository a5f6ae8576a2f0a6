# SPDX-License-Identifier: GPL-3.0-or-later
"""When the lips touch and when the lids are shut: what a take must show at any frame rate."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.face_tracking.landmark_indices import LOWER_LIP, OUTER_EYE_CORNERS, UPPER_LIP
from mien.face_tracking.track import FaceTrack
from mien.numeric.mask_runs import runs

# Parts of the distance of the outer eye corners: up to the first the inner lips touch (the landmarks of closed lips
# never fall together), from the second on they are open.
TOUCH, OPEN = 0.015, 0.03
SHUT = 0.7  # mean blink weight of shut lids
OPENERS = [i for i, name in enumerate(ARKIT) if name.startswith(("mouthLowerDown", "mouthUpperUp"))]


def lip_gap(track: FaceTrack) -> np.ndarray:
    """(N,) distance of the inner lips over that of the outer eye corners, both with the head's turn taken out."""
    points = track.pose.without_pose(track.points.astype(float))[..., :2]
    gap = np.linalg.norm(points[:, UPPER_LIP] - points[:, LOWER_LIP], axis=1)
    left, right = OUTER_EYE_CORNERS
    return gap / np.linalg.norm(points[:, left] - points[:, right], axis=1)


def seal_lips(weights: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """weights (N, 52) whose lips meet where the gap (N,) says that they do: the jaw may stay open behind them.

    The networks hardly give mouthClose; a closure of theirs is a low jawOpen with lips a little apart.
    """
    closed = np.clip((OPEN - gap) / (OPEN - TOUCH), 0, 1)
    weights = weights.copy()
    jaw, close = INDEX["jawOpen"], INDEX["mouthClose"]
    weights[:, close] = np.maximum(weights[:, close] * (weights[:, jaw] > 0), closed * weights[:, jaw])
    weights[:, OPENERS] *= (1 - closed)[:, None]
    return weights


def holds(mask: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(H, 2) float32 first and last of times (N,) of each run of mask (N,)."""
    return np.array([(times[begin], times[end - 1]) for begin, end in runs(mask)], np.float32).reshape(-1, 2)
