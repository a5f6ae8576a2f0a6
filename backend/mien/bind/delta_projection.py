# SPDX-License-Identifier: GPL-3.0-or-later
"""From the head laid over a face to the vertices of the face: each takes part in the movement of the point it lies on.

A vertex that would be torn from its neighbours has been taken for the other lip or lid; what has no point of its own
follows the vertices around it, as evenly as the mesh allows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from mien.heads.correspondence import nearest_surface_points

NEAR = 0.012  # m: a vertex further away lies on no point of the head
ALIKE = 0.3  # least cosine between the normals
CANDIDATES = 12  # triangles looked at for each vertex
# A channel tears an edge that it pulls further apart than so many times its length and so many metres, or than it pulls
# the edges of the head laid here, whose lids go a long way where the eyes are large.
TORN, SLACK = 3.0, 0.003
SLIVER = 0.0005  # m: shorter edges of the laid head say nothing
AROUND = 0.05  # m about the head within which what has no point of its own follows the rest


@dataclass(frozen=True, eq=False)
class Carried:
    """deltas (C, N, 3) m; distance (N,) m from the head laid over it, nan where a vertex lies on no point of it;
    on_face (N,) bool: that point is of the face, not of the mouth's inside or a socket."""

    deltas: np.ndarray
    distance: np.ndarray
    on_face: np.ndarray


def carried(
    vertices: np.ndarray,
    normals: np.ndarray,
    triangles: np.ndarray,
    laid: np.ndarray,
    laid_triangles: np.ndarray,
    deltas: np.ndarray,
    face: np.ndarray,
) -> Carried:
    """What deltas (C, V, 3) of the head laid (V, 3) add to vertices (N, 3) with these normals and triangles (T, 3);
    face (V,) bool: the head's vertices that are to be seen from outside."""
    low, high = laid.min(0), laid.max(0)
    close = ((vertices > low - NEAR) & (vertices < high + NEAR)).all(1)
    used = np.unique(triangles)
    rows = used[close[used]]
    corners, shares, found = nearest_surface_points(
        vertices[rows], normals[rows], laid, laid_triangles, NEAR, ALIKE, CANDIDATES
    )
    out = np.zeros((len(deltas), len(vertices), 3))
    distance = np.full(len(vertices), np.nan)
    out[:, rows[found]] = np.einsum("cnkx,nk->cnx", deltas[:, corners[found]], shares[found])
    feet = np.einsum("nkx,nk->nx", laid[corners[found]], shares[found])
    distance[rows[found]] = np.linalg.norm(feet - vertices[rows[found]], axis=1)
    on_face = np.zeros(len(vertices), bool)
    on_face[rows[found]] = face[corners[found]].all(1)
    edges = _edges(triangles)
    sure = np.isfinite(distance)
    limits = _stretch(laid, deltas, _edges(laid_triangles))
    sure[_strays(out, vertices, edges, sure, limits)] = False
    distance[~sure] = np.nan
    far = ((vertices < low - AROUND) | (vertices > high + AROUND)).any(1)
    _fill(out, vertices, edges, sure, far)
    return Carried(out, distance, on_face & sure)


def _stretch(laid: np.ndarray, deltas: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(C,) how many times its length each channel pulls an edge of the laid head apart, beyond SLACK, at the most."""
    length = np.linalg.norm(laid[edges[:, 0]] - laid[edges[:, 1]], axis=1)
    edges, length = edges[length > SLIVER], length[length > SLIVER]
    pulled = [np.linalg.norm(delta[edges[:, 0]] - delta[edges[:, 1]], axis=1) for delta in deltas]
    return np.maximum(TORN, [((each - SLACK) / length).max(initial=0) for each in pulled])


def _strays(
    deltas: np.ndarray, vertices: np.ndarray, edges: np.ndarray, sure: np.ndarray, limits: np.ndarray
) -> np.ndarray:
    """Numbers of the vertices that some channel would tear from the larger piece they are part of."""
    inside = edges[sure[edges].all(1)]
    length = np.linalg.norm(vertices[inside[:, 0]] - vertices[inside[:, 1]], axis=1)
    whole = np.ones(len(inside), bool)
    for delta, limit in zip(deltas, limits, strict=True):
        whole &= np.linalg.norm(delta[inside[:, 0]] - delta[inside[:, 1]], axis=1) <= limit * length + SLACK
    graph = sparse.coo_matrix((np.ones(whole.sum(), bool), inside[whole].T), (len(vertices),) * 2)
    piece = csgraph.connected_components(graph, directed=False)[1]
    size = np.bincount(piece)
    torn = inside[~whole]
    smaller = np.where(size[piece[torn[:, 0]]] < size[piece[torn[:, 1]]], torn[:, 0], torn[:, 1])
    other = np.isin(piece, piece[smaller]) & (size[piece] < size.max())
    # Where a tear ends inside one piece, both of its ends are in doubt.
    within = torn[piece[torn[:, 0]] == piece[torn[:, 1]]].ravel()
    return np.union1d(np.flatnonzero(other & sure), within)


def _fill(deltas: np.ndarray, vertices: np.ndarray, edges: np.ndarray, sure: np.ndarray, far: np.ndarray) -> None:
    """In place: vertices that are not sure become the mean of their neighbours, weighted by nearness; far ones and
    pieces where nothing is sure stay still."""
    count = len(vertices)
    free = ~sure & ~far
    touched = np.zeros(count, bool)
    touched[edges] = True
    free &= touched
    if not free.any():
        return
    weight = 1 / np.maximum(np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1), 1e-6)
    both = np.concatenate([edges, edges[:, ::-1]])
    graph = sparse.csr_matrix((np.tile(weight, 2), both.T), (count, count))
    laplacian = (sparse.diags(np.ravel(graph.sum(1))) - graph).tocsr()
    rows = np.flatnonzero(free)
    inner = laplacian[rows][:, rows] + sparse.identity(len(rows)) * 1e-6 * weight.mean()
    known = np.flatnonzero(~free)
    right = -(laplacian[rows][:, known] @ deltas[:, known].transpose(1, 0, 2).reshape(len(known), -1))
    solved = splu(inner.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right)
    deltas[:, rows] = solved.reshape(len(rows), len(deltas), 3).transpose(1, 0, 2)


def _edges(triangles: np.ndarray) -> np.ndarray:
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.unique(np.sort(ends, axis=1), axis=0)
