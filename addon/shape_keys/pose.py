# SPDX-License-Identifier: GPL-3.0-or-later
"""A pose of shape keys as channels: the inverse of a mesh's mapping table. No bpy.

A table may have fewer keys than there are channels, or one key for several, so that many poses have the same values.
Of the poses nearest to the values the one with the least movement is chosen, with no channel below 0 or above 1. A key
with a negative term stops at 0: its value is then only an upper bound.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from ..formats.channels import ARKIT
from .key_table import Row, terms, visemes_of
from .viseme_mix import solve_nonnegative, viseme_shape

RIDGE = 1e-8  # weight of the least movement: a key of one channel is inverted to seven digits


def channels(rows: Iterable[Row], values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """channel -> (F,) 0..1 from the values (F,) of keys by name. Channels of rows without a value are left out; visemes
    are returned as the channels that they consist of."""
    valued = [row for row in rows if row.key in values and row.gain]
    if not valued:
        return {}
    sources = np.stack([(np.asarray(values[row.key], float) - row.offset) / row.gain for row in valued], 1)  # (F, R)
    names = tuple(dict.fromkeys(name for row in valued for name, _ in terms(row.source)))
    shares = np.array([[dict(terms(row.source)).get(name, 0.0) for name in names] for row in valued])  # (R, N)
    at_zero = (sources <= 0.0) & (shares < 0.0).any(1)
    positive_only = _solve(np.maximum(shares, 0.0), sources)
    solution = _solve(shares, np.where(at_zero, np.minimum(positive_only @ shares.T, 0.0), sources))  # (F, N)
    out = {name: solution[:, i] for i, name in enumerate(names) if not name.startswith("/")}
    for viseme in visemes_of(valued):
        for name, share in zip(ARKIT, viseme_shape(viseme), strict=True):
            if share:
                out[name] = out.get(name, 0.0) + share * solution[:, names.index(viseme)]
    return {name: np.clip(weights, 0.0, 1.0) for name, weights in out.items()}


def _solve(shares: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """(F, N) least channels >= 0 whose product with shares (R, N) is nearest to these sources (F, R)."""
    return solve_nonnegative(shares.T @ shares + RIDGE * np.eye(shares.shape[1]), sources @ shares)
