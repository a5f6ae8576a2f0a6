# SPDX-License-Identifier: GPL-3.0-or-later
"""Key reduction of a curve within a given error. numpy; no bpy.

The polyline through the remaining keys is nowhere farther than the error from a removed key (Ramer 1972; Douglas and
Peucker 1973, with the distance measured along the value, as a curve over time needs it).
"""

import numpy as np


def keys_to_keep(frames: np.ndarray, values: np.ndarray, error: float, keep: np.ndarray | None = None) -> np.ndarray:
    """Indices (K,) of the keys to keep of rising frames (N,) and values (N,): the first, the last, those that `keep`
    (N,) bool marks, and as many others as the error needs."""
    count = len(frames)
    if count < 3:
        return np.arange(count)
    chosen = np.zeros(count, bool) if keep is None else np.array(keep, bool)
    chosen[0] = chosen[-1] = True
    times, heights = frames.astype(np.float64), values.astype(np.float64)
    fixed = np.flatnonzero(chosen)
    spans = list(zip(fixed[:-1], fixed[1:], strict=True))
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        inside = slice(first + 1, last)
        share = (times[inside] - times[first]) / (times[last] - times[first])
        off = np.abs(heights[inside] - (heights[first] + share * (heights[last] - heights[first])))
        worst = int(np.argmax(off))
        if off[worst] > error:
            middle = first + 1 + worst
            chosen[middle] = True
            spans += [(first, middle), (middle, last)]
    return np.flatnonzero(chosen)


def inside_spans(frames: np.ndarray, spans: np.ndarray | list) -> np.ndarray:
    """(N,) bool: the frames (N,) that lie in one of the spans (H, 2), and the keys right before and after each span, so
    that the curve inside stays the same."""
    marked = np.zeros(len(frames), bool)
    for first, last in spans:
        low = max(0, int(np.searchsorted(frames, first, "left")) - 1)
        high = min(len(frames) - 1, int(np.searchsorted(frames, last, "right")))
        marked[low : high + 1] = True
    return marked


def largest_error(frames: np.ndarray, values: np.ndarray, indices: np.ndarray) -> float:
    """The largest distance of a key from the polyline through the keys at `indices`."""
    if not len(frames):
        return 0.0
    return float(np.abs(np.interp(frames, frames[indices], values[indices]) - values).max())
