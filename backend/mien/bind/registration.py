# SPDX-License-Identifier: GPL-3.0-or-later
"""Non-rigid registration of the default head to the user's face.

Every skin vertex is drawn to the tangent plane of the nearest point that faces the same way, the picks to their
targets, and the differential coordinates are kept up to a rotation and a scale at each vertex (Sorkine et al. 2004,
"Laplacian surface editing"; rotations as in Sorkine and Alexa 2007, "As-rigid-as-possible surface modeling"). Vertices
without a counterpart - the mouth's inside, the eye sockets, the back of a mask - follow their neighbours. The stiffness
falls from step to step (Amberg, Romdhani and Vetter 2007, "Optimal step nonrigid ICP algorithms for surface
registration").
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mien.bind.alignment import AlignedMesh
from mien.bind.picks import landmark_weights
from mien.bind.surface import Surface
from mien.heads.correspondence import vertex_normals
from mien.heads.default import Head

# Stiffness, distance (m) of the search, weight of a pick against that of a vertex: one step each.
STEPS = (
    *((100.0, 0.0, 30.0),) * 3,  # the picks alone
    *((30.0, 0.03, 10.0),) * 4,
    *((10.0, 0.02, 10.0),) * 4,
    *((3.0, 0.015, 5.0),) * 4,
    *((1.0, 0.010, 2.0),) * 4,
    *((0.3, 0.008, 1.0),) * 4,
)
MIN_COSINE = 0.6  # between normals
SCALES = (0.5, 2.0)  # least and largest scale at a vertex


def register(head: Head, aligned: AlignedMesh, target: Surface, progress: Callable[[float], None]) -> np.ndarray:
    """(len(head.opposite), 3) metres: the vertices of the head's skin, mouth and sockets on the user's face.

    target: the face in the head's space, without eyes, teeth and the like. progress: called with the fraction done.
    """
    count = len(head.opposite)
    quads = head.quads[(head.quads < count).all(1)]
    rest = head.vertices[:count].astype(float)
    laplacian = _laplacian(quads, count)
    visible = np.zeros(count, bool)
    visible[head.quads[head.quad_part == head.parts.index("skin")]] = True
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    names = list(aligned.picks)
    landmarks = sparse.csr_matrix(landmark_weights(names, head)[:, :count])
    targets = np.array([aligned.picks[name] for name in names])
    coordinates = laplacian @ rest
    normal_matrix = (laplacian.T @ laplacian).tocsc()
    fitted = rest.copy()
    for step, (stiffness, max_distance, pick_weight) in enumerate(STEPS):
        weight, goal = np.zeros(count), fitted.copy()
        if max_distance:
            normals = vertex_normals(fitted, triangles)
            index, _, matched = target.nearest(fitted, normals, max_distance, MIN_COSINE)
            facing = target.normals[index]
            height = np.einsum("nc,nc->n", facing, target.points[index] - fitted)
            goal += facing * height[:, None]  # onto the tangent plane, so that the vertex may slide
            weight = (matched & visible).astype(float)
        system = stiffness * normal_matrix + sparse.diags(weight + 1e-6) + pick_weight * (landmarks.T @ landmarks)
        right_side = (
            stiffness * (laplacian.T @ _rotated_coordinates(coordinates, rest, fitted, quads))
            + (weight + 1e-6)[:, None] * goal
            + pick_weight * (landmarks.T @ targets)
        )
        fitted = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right_side)
        if aligned.symmetric:
            fitted = (fitted + fitted[head.opposite] * (-1, 1, 1)) / 2
        progress((step + 1) / len(STEPS))
    return fitted


def _laplacian(quads: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count) uniform Laplacian: each vertex less the mean of its neighbours along the edges."""
    ends = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    ends = np.concatenate([ends, ends[:, ::-1]])
    adjacency = sparse.csr_matrix((np.ones(len(ends)), ends.T), (count, count))
    adjacency.data[:] = 1.0  # an edge that two quads share counts once
    return (sparse.identity(count) - sparse.diags(1 / np.maximum(np.ravel(adjacency.sum(1)), 1)) @ adjacency).tocsr()


def _rotated_coordinates(
    coordinates: np.ndarray, rest: np.ndarray, fitted: np.ndarray, quads: np.ndarray
) -> np.ndarray:
    """(V, 3) differential coordinates, rotated and scaled by the fit of each vertex's edges at rest to those of fitted
    (V, 3)."""
    ends = np.concatenate([quads[:, [a, b]] for a in range(4) for b in range(4) if a != b])
    edges, fitted_edges = rest[ends[:, 1]] - rest[ends[:, 0]], fitted[ends[:, 1]] - fitted[ends[:, 0]]
    spread, length, new_length = np.zeros((len(rest), 3, 3)), np.zeros(len(rest)), np.zeros(len(rest))
    np.add.at(spread, ends[:, 0], fitted_edges[:, :, None] * edges[:, None, :])
    np.add.at(length, ends[:, 0], (edges**2).sum(1))
    np.add.at(new_length, ends[:, 0], (fitted_edges**2).sum(1))
    left, _, right_side = np.linalg.svd(spread)
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right_side))[:, None]
    scale = np.clip(np.sqrt(new_length / np.maximum(length, 1e-18)), *SCALES)
    return scale[:, None] * np.einsum("nab,nbc,nc->na", left, right_side, coordinates)
