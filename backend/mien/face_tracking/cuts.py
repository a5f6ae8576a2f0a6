# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts of a film: pictures that have little to do with the one before."""

from __future__ import annotations

from collections import deque

import numpy as np

SIDE = 48  # samples along the longer side that are compared
LEAST = 0.08  # mean difference of a cut, of 0..1; heads that move much reach 0.07 (real clips)
TIMES = 3.0  # a cut differs by more than this many times the usual difference
MEMORY = 25  # pictures that "usual" is the median of


class CutDetector:
    """Call it with each picture in turn: whether a cut lies before it."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._usual: deque[float] = deque(maxlen=MEMORY)

    def __call__(self, picture: np.ndarray) -> bool:
        """picture (H, W, 3) uint8, all of one size."""
        step = max(1, max(picture.shape[:2]) // SIDE)
        top, left = (min(step, side) // 2 for side in picture.shape[:2])  # a strip may be lower than a step
        now = picture[top::step, left::step].astype(np.float32) / 255
        before, self._before = self._before, now
        if before is None:
            return False
        difference = float(np.abs(now - before).mean())
        cut = difference > max(LEAST, TIMES * float(np.median(self._usual)) if self._usual else 0.0)
        if cut:
            self._usual.clear()
        else:
            self._usual.append(difference)
        return cut
