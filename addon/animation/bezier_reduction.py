# SPDX-License-Identifier: GPL-3.0-or-later
"""Key reduction to Bezier keys: few, with handles that an animator can pull. numpy; no bpy.

Between two keys the curve is a cubic in time whose handles lie at a third of the way. Its two slopes are those of least
squares over the keys that were there, and a stretch is split where it is farthest off (Schneider 1990, "An algorithm
for automatically fitting digitized curves", for a function of time).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class BezierKeys:
    """indices (K,) of the keys that stay; left and right (K, 2): frame and value of their handles; error: the largest
    distance of a former key from the curve."""

    indices: np.ndarray
    left: np.ndarray
    right: np.ndarray
    error: float


def fit(frames: np.ndarray, values: np.ndarray, error: float, keep: np.ndarray | None = None) -> BezierKeys:
    """The Bezier keys of rising frames (N,) and values (N,) that stay within the error. The first, the last and the
    keys that `keep` (N,) bool marks stay; between two neighbours that stay the curve is straight."""
    times, heights = frames.astype(np.float64), values.astype(np.float64)
    count = len(times)
    chosen = np.zeros(count, bool) if keep is None else np.array(keep, bool)
    chosen[[0, -1]] = True
    fixed = np.flatnonzero(chosen)
    stretches = list(zip(fixed[:-1], fixed[1:], strict=True))
    slopes: dict[int, tuple[float, float]] = {}  # of the stretch that begins at a key
    ends: dict[int, int] = {}
    worst = 0.0
    while stretches:
        first, last = stretches.pop()
        start, end, off = _slopes(times[first : last + 1], heights[first : last + 1])
        if len(off) and off.max() > error:
            middle = first + 1 + int(np.argmax(off))
            stretches += [(first, middle), (middle, last)]
            continue
        slopes[first], ends[first] = (start, end), last
        worst = max(worst, float(off.max(initial=0.0)))
    indices = np.array(sorted({*slopes, *ends.values(), 0}))
    left = np.stack([times[indices], heights[indices]], 1)
    right = left.copy()
    for place, first in enumerate(indices[:-1]):
        third = (times[indices[place + 1]] - times[first]) / 3.0
        start, end = slopes[first]
        right[place] += (third, third * start)
        left[place + 1] -= (third, third * end)
    left[0] -= (1.0, 0.0)
    right[-1] += (1.0, 0.0)
    return BezierKeys(indices, left, right, worst)


def _slopes(times: np.ndarray, heights: np.ndarray) -> tuple[float, float, np.ndarray]:
    """(slope at the first key, at the last one, (N - 2,) how far each key between them is off)."""
    span = times[-1] - times[0]
    straight = (heights[-1] - heights[0]) / span
    if len(times) < 3:
        return straight, straight, np.empty(0)
    at = (times[1:-1] - times[0]) / span
    ends = heights[0] * (1 - at) ** 2 * (1 + 2 * at) + heights[-1] * at**2 * (3 - 2 * at)
    shares = np.stack([at * (1 - at) ** 2, -(at**2) * (1 - at)], 1) * span
    if len(at) == 1:  # one key and two slopes: the straight line's, and what it lacks
        shares_sum = shares @ np.ones(2)
        base = straight * shares_sum
        lack = (heights[1:-1] - ends - base) / max(float((shares**2).sum()), 1e-12)
        slopes = straight + shares[0] * float(lack[0])
    else:
        slopes = np.linalg.lstsq(shares, heights[1:-1] - ends, rcond=None)[0]
    off = np.abs(ends + shares @ slopes - heights[1:-1])
    return float(slopes[0]), float(slopes[1]), off
