# SPDX-License-Identifier: GPL-3.0-or-later
"""The winding of the user's mesh: consistent between neighbours, and the face outwards, as binding needs it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from mien.bind.alignment import AlignedMesh
from mien.bind.mesh import Mesh
from mien.bind.picks import landmark_weights
from mien.heads.correspondence import vertex_normals
from mien.heads.default import Head


def consistent_winding(mesh: Mesh) -> Mesh:
    """The mesh with the triangles flipped that wind against their neighbours; each connected part keeps the winding
    that most of its triangles have (trimesh's `fix_winding` keeps that of the part's first one)."""
    triangles = mesh.triangles
    begin, end = triangles.ravel(), np.roll(triangles, -1, 1).ravel()
    owner = np.repeat(np.arange(len(triangles)), 3)
    order = np.lexsort((np.maximum(begin, end), np.minimum(begin, end)))
    low, high = np.minimum(begin, end)[order], np.maximum(begin, end)[order]
    number = np.cumsum(np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)]) - 1
    first = np.flatnonzero(np.r_[True, np.diff(number) != 0])
    pair = first[np.bincount(number) == 2]  # an edge of three triangles or more says nothing
    one, other = order[pair], order[pair + 1]
    against = begin[one] == begin[other]
    if not against.any():
        return mesh
    turned = _turned(owner[one], owner[other], against, len(triangles))
    return replace(mesh, triangles=np.where(turned[:, None], triangles[:, ::-1], triangles))


def _turned(one: np.ndarray, other: np.ndarray, against: np.ndarray, count: int) -> np.ndarray:
    """(count,) bool: triangles to flip for a consistent winding, the fewer of each connected part."""
    graph = sparse.coo_matrix((np.where(against, 2.0, 1.0), (one, other)), (count, count)).tocsr()
    graph = sparse.csr_matrix(graph.maximum(graph.T))
    parts, part = csgraph.connected_components(graph, directed=False)
    turned = np.zeros(count, bool)
    seen = np.zeros(parts, bool)
    for root in np.unique(part[one[against]], return_index=True)[1]:
        root = int(one[against][root])
        if seen[part[root]]:
            continue
        seen[part[root]] = True
        reached, previous = csgraph.breadth_first_order(graph, root, directed=False)
        steps = np.asarray(graph[reached[1:], previous[reached[1:]]]).ravel() == 2
        for triangle, step in zip(reached[1:].tolist(), steps.tolist(), strict=True):
            turned[triangle] = turned[previous[triangle]] ^ step
        if turned[reached].mean() > 0.5:
            turned[reached] ^= True
    return turned


def faces_inwards(aligned: AlignedMesh, mesh: Mesh, head: Head) -> bool:
    """Whether the surface at the picks faces into the head, as on an object with a negative scale."""
    names = list(aligned.picks)
    quads = head.quads[(head.quads < len(head.opposite)).all(1)]
    outwards = vertex_normals(head.vertices.astype(float), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
    used = np.unique(mesh.triangles)
    nearest = used[KDTree(aligned.vertices[used]).query(np.array([aligned.picks[name] for name in names]))[1]]
    return float(np.einsum("nc,nc->", aligned.normals[nearest], landmark_weights(names, head) @ outwards)) < 0
