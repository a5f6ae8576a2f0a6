# SPDX-License-Identifier: GPL-3.0-or-later
"""Unknown pixels filled smoothly from the known ones around them (pull-push; Gortler et al. 1996, The Lumigraph)."""

from __future__ import annotations

import numpy as np


def filled(pixels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(H, W, C) float32: pixels (H, W, C) where known (H, W) is 1, and a smooth continuation where it is 0.

    Shares between 0 and 1 are mixed. Where nothing is known at all, the mean grey of nothing: 0.
    """
    known = np.clip(known, 0, 1).astype(np.float32)
    return _push(pixels.astype(np.float32) * known[..., None], known)


def _push(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    mean = sums / np.maximum(weights, 1e-6)[..., None]
    if max(weights.shape) <= 1:
        return mean
    coarse = _doubled(_push(_halved(sums), _halved(weights[..., None])[..., 0]), weights.shape)
    share = np.minimum(weights, 1)[..., None]
    return mean * share + coarse * (1 - share)


def _halved(values: np.ndarray) -> np.ndarray:
    """Sums of 2 x 2 pixels: a weight is saturated by one known pixel of four."""
    height, width = values.shape[:2]
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    return padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]


def _doubled(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Twice the size, bilinear, cut to shape."""
    for axis in (0, 1):
        before = np.concatenate([np.take(values, [0], axis), values], axis)[tuple(_upto(values, axis))]
        after = np.concatenate([values, np.take(values, [-1], axis)], axis)[tuple(_from(values, axis))]
        even, odd = 0.75 * values + 0.25 * before, 0.75 * values + 0.25 * after
        stacked = np.stack([even, odd], axis + 1)
        new = list(values.shape)
        new[axis] *= 2
        values = stacked.reshape(new)
    return values[: shape[0], : shape[1]]


def _upto(values: np.ndarray, axis: int) -> list[slice]:
    return [slice(0, values.shape[axis]) if a == axis else slice(None) for a in range(values.ndim)]


def _from(values: np.ndarray, axis: int) -> list[slice]:
    return [slice(1, values.shape[axis] + 1) if a == axis else slice(None) for a in range(values.ndim)]
