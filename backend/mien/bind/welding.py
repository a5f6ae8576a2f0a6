# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertices that a file or a program split along a seam (of UVs, normals, materials) are one point of the surface.

Only what a seam splits is welded: open edges that lie on one another. Lips or lids that merely touch have other edges
between them, and stay apart.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

SAME = 1e-6  # of the mesh's size: points that are nearer than this are one place


def point_index_of(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V,) the number of the point that each of vertices (V, 3) is, by triangles (T, 3); equal numbers are welded.

    A vertex without coincident others has a point of its own. Points are numbered from 0 in the order of their first
    vertices.
    """
    count = len(vertices)
    place = _places(vertices)
    begin, end = _open_edges(triangles)
    if not len(begin) or place.max() + 1 == count:
        return np.arange(count)
    low, high = np.minimum(place[begin], place[end]), np.maximum(place[begin], place[end])
    order = np.lexsort((high, low))
    same = (np.diff(low[order]) == 0) & (np.diff(high[order]) == 0) & (low[order][1:] != high[order][1:])
    one, other = order[:-1][same], order[1:][same]
    turned = place[begin[one]] != place[begin[other]]  # edges of neighbours run against one another
    ends = np.concatenate(
        [
            np.stack([begin[one], np.where(turned, end[other], begin[other])]),
            np.stack([end[one], np.where(turned, begin[other], end[other])]),
        ],
        axis=1,
    )
    graph = sparse.coo_matrix((np.ones(ends.shape[1], bool), ends), (count, count))
    piece = csgraph.connected_components(graph, directed=False)[1]
    first = np.full(piece.max() + 1, count)
    np.minimum.at(first, piece, np.arange(count))
    return np.unique(first[piece], return_inverse=True)[1].reshape(-1)


def _places(vertices: np.ndarray) -> np.ndarray:
    """(V,) equal for vertices that lie on one another."""
    step = SAME * max(float(np.ptp(vertices, axis=0).max()), 1e-30)
    exact, place = np.unique(vertices, axis=0, return_inverse=True)  # many copies of a point would make many pairs
    pairs = KDTree(exact).query_pairs(step, output_type="ndarray")
    graph = sparse.coo_matrix((np.ones(len(pairs), bool), pairs.T), (len(exact),) * 2)
    return csgraph.connected_components(graph, directed=False)[1][place.reshape(-1)]


def _open_edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(begin, end) vertices of the edges that one triangle alone has, in its direction."""
    begin, end = triangles.ravel(), np.roll(triangles, -1, 1).ravel()
    edges = np.sort(np.stack([begin, end], 1), axis=1)
    _, inverse, counts = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    alone = counts[inverse.reshape(-1)] == 1
    return begin[alone], end[alone]
