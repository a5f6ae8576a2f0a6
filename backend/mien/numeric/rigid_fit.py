# SPDX-License-Identifier: GPL-3.0-or-later
"""The rigid transform of one set of points onto another."""

import numpy as np


def fit(rest: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R (3, 3) and t (3,) with moved ~ rest @ R.T + t in least squares (Kabsch 1976); both (n, 3), n >= 3."""
    middle, other = rest.mean(0), moved.mean(0)
    u, _, vt = np.linalg.svd((rest - middle).T @ (moved - other))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T))])
    turn = vt.T @ flip @ u.T
    return turn, other - turn @ middle
