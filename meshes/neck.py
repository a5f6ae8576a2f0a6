# SPDX-License-Identifier: GPL-3.0-or-later
"""Skinning weights of the neck: smooth from its open edge to the skull."""

from __future__ import annotations

from collections import Counter

import numpy as np
from anatomy import SKIN

# The skull, jaw and face turn as one: everything above this plane, given by its height (m above the root of the
# neck) under the chin at z = 0.12 and at the nape at z = -0.03.
CHIN = (0.12, 0.022)
NAPE = (-0.03, 0.085)


def neck_weights(vertices: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(V,) share of the head's rotation: 0 on the open edge of the neck, 1 on skull, jaw, eyes and tongue.

    In between, the harmonic field on the mesh (each vertex the mean of its neighbours), smoothed at both ends.
    """
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import spsolve

    count = Counter(frozenset((int(q[k]), int(q[(k + 1) % 4]))) for q in quads for k in range(4))
    edge = sorted({v for pair, n in count.items() if n == 1 for v in pair if v in SKIN})
    slope = (NAPE[1] - CHIN[1]) / (NAPE[0] - CHIN[0])
    skull = vertices[:, 1] > CHIN[1] + slope * (vertices[:, 2] - CHIN[0])
    value = np.where(skull, 1.0, 0.0)
    known = skull.copy()
    known[edge] = True
    value[edge] = 0.0
    pairs = np.array([sorted(pair) for pair in sorted(count, key=sorted)])
    both = np.concatenate([pairs, pairs[:, ::-1]])
    adjacent = coo_matrix((np.ones(len(both)), both.T), (len(vertices), len(vertices))).tocsr()
    laplacian = (diags(np.asarray(adjacent.sum(1)).ravel()) - adjacent).tocsr()
    free = ~known
    value[free] = spsolve(laplacian[free][:, free].tocsc(), -laplacian[free][:, known] @ value[known])
    value = np.clip(value, 0.0, 1.0)
    return np.round(value * value * (3 - 2 * value), 4)
