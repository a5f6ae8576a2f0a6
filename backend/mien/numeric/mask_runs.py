# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of True in a mask."""

from __future__ import annotations

import numpy as np


def runs(mask: np.ndarray) -> np.ndarray:
    """(N, 2) [begin, end) of the runs of True in (T,), in order."""
    return np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))).reshape(-1, 2)
