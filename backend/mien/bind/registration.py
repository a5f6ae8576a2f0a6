# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head drawn over another face, as a cloth that keeps its weave.

Every vertex of the skin goes to the nearest point of the face that looks the same way, the picks to their fellows,
and the differential coordinates of the mesh are kept up to a turn and a size of each place (Sorkine et al. 2004,
"Laplacian surface editing"; the turns are found as in Sorkine and Alexa 2007, "As-rigid-as-possible surface
modeling"). What has no fellow - the mouth's inside, the eye sockets, the back of a mask - is carried along. From stiff
to soft, as in Amberg, Romdhani and Vetter 2007, "Optimal step nonrigid ICP algorithms for surface registration".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mien.bind.alignment import Placed
from mien.bind.picks import on_head
from mien.bind.surface import Surface
from mien.heads.correspondence import vertex_normals
from mien.heads.default import Head

# Stiffness of the weave, reach (m) of the search, weight of a pick against a vertex: one step each.
STEPS = (
    *((100.0, 0.0, 30.0),) * 3,  # the picks alone
    *((30.0, 0.03, 10.0),) * 4,
    *((10.0, 0.02, 10.0),) * 4,
    *((3.0, 0.015, 5.0),) * 4,
    *((1.0, 0.010, 2.0),) * 4,
    *((0.3, 0.008, 1.0),) * 4,
)
ALIKE = 0.6  # least cosine between normals
SIZES = (0.5, 2.0)  # how far a place may shrink or grow in a step


def lay(head: Head, placed: Placed, target: Surface, progress: Callable[[float], None]) -> np.ndarray:
    """(len(head.opposite), 3) where the skin's vertices come to lie on the face, mouth and sockets with them, m.

    target: the face in the head's space, without eyes, teeth and the like.
    """
    count = len(head.opposite)
    quads = head.quads[(head.quads < count).all(1)]
    rest = head.vertices[:count].astype(float)
    weave = _weave(quads, count)
    seen = np.zeros(count, bool)
    seen[head.quads[head.quad_part == head.parts.index("skin")]] = True
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    names = list(placed.picks)
    marks = sparse.csr_matrix(on_head(names, head)[:, :count])
    aims = np.array([placed.picks[name] for name in names])
    shape = weave @ rest
    square = (weave.T @ weave).tocsc()
    laid = rest.copy()
    for step, (stiff, reach, pull) in enumerate(STEPS):
        weight, goal = np.zeros(count), laid.copy()
        if reach:
            normals = vertex_normals(laid, triangles)
            number, _, found = target.nearest(laid, normals, reach, ALIKE)
            facing = target.normals[number]
            lift = np.einsum("nc,nc->n", facing, target.points[number] - laid)
            goal += facing * lift[:, None]  # onto the tangent plane, so that it may slide
            weight = (found & seen).astype(float)
        system = stiff * square + sparse.diags(weight + 1e-6) + pull * (marks.T @ marks)
        right = (
            stiff * (weave.T @ _turned(shape, rest, laid, quads))
            + (weight + 1e-6)[:, None] * goal
            + pull * (marks.T @ aims)
        )
        laid = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right)
        if placed.symmetric:
            laid = (laid + laid[head.opposite] * (-1, 1, 1)) / 2
        progress((step + 1) / len(STEPS))
    return laid


def _weave(quads: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count) each vertex less the mean of its neighbours along the edges."""
    ends = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    ends = np.concatenate([ends, ends[:, ::-1]])
    beside = sparse.csr_matrix((np.ones(len(ends)), ends.T), (count, count))
    beside.data[:] = 1.0  # an edge of two quads is one edge
    return (sparse.identity(count) - sparse.diags(1 / np.maximum(np.ravel(beside.sum(1)), 1)) @ beside).tocsr()


def _turned(shape: np.ndarray, rest: np.ndarray, laid: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(V, 3) the differential coordinates `shape` turned and sized as the corners about each vertex are now."""
    ends = np.concatenate([quads[:, [a, b]] for a in range(4) for b in range(4) if a != b])
    before, now = rest[ends[:, 1]] - rest[ends[:, 0]], laid[ends[:, 1]] - laid[ends[:, 0]]
    spread, size, new_size = np.zeros((len(rest), 3, 3)), np.zeros(len(rest)), np.zeros(len(rest))
    np.add.at(spread, ends[:, 0], now[:, :, None] * before[:, None, :])
    np.add.at(size, ends[:, 0], (before**2).sum(1))
    np.add.at(new_size, ends[:, 0], (now**2).sum(1))
    left, _, right = np.linalg.svd(spread)
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    scale = np.clip(np.sqrt(new_size / np.maximum(size, 1e-18)), *SIZES)
    return scale[:, None] * np.einsum("nab,nbc,nc->na", left, right, shape)
