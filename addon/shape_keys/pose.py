# SPDX-License-Identifier: GPL-3.0-or-later
"""A pose of shape keys as channels: the table of a mesh, read from right to left. No bpy.

A table has fewer keys than there are channels, or one key for several, so that many faces have the same keys: of those
that come nearest to the keys the one that moves least is meant, with no channel below 0 or beyond 1. A key from which
something is taken away stops at nothing: that it stands there says only that there was no more to take.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from ..formats.channels import ARKIT
from .key_table import Row, mouths_of, terms
from .viseme_mix import not_negative, shape

RIDGE = 1e-8  # of moving least: a key of one channel gives it to seven digits


def channels(rows: Iterable[Row], values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """channel -> (F,) 0..1 of the keys that stand at values (F,) by name. Channels that no row with a value moves are
    left out; mouths come as the channels that they are made of."""
    used = [row for row in rows if row.key in values and row.gain]
    if not used:
        return {}
    sources = np.stack([(np.asarray(values[row.key], float) - row.offset) / row.gain for row in used], 1)  # (F, R)
    names = tuple(dict.fromkeys(name for row in used for name, _ in terms(row.source)))
    shares = np.array([[dict(terms(row.source)).get(name, 0.0) for name in names] for row in used])  # (R, N)
    stopped = (sources <= 0.0) & (shares < 0.0).any(1)
    given = _solved(np.maximum(shares, 0.0), sources)
    found = _solved(shares, np.where(stopped, np.minimum(given @ shares.T, 0.0), sources))  # (F, N)
    out = {name: found[:, i] for i, name in enumerate(names) if not name.startswith("/")}
    for mouth in mouths_of(used):
        for name, share in zip(ARKIT, shape(mouth), strict=True):
            if share:
                out[name] = out.get(name, 0.0) + share * found[:, names.index(mouth)]
    return {name: np.clip(weights, 0.0, 1.0) for name, weights in out.items()}


def _solved(shares: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """(F, N) what gives these sources (F, R) by shares (R, N), moving least."""
    return not_negative(shares.T @ shares + RIDGE * np.eye(shares.shape[1]), sources @ shares)
