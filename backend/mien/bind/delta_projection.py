# SPDX-License-Identifier: GPL-3.0-or-later
"""Projection of channel deltas from the registered head to the vertices of the user's mesh.

Each vertex takes the delta of its nearest point. A vertex that would be torn from its neighbours was matched to the
wrong lip or lid; such vertices, and those without a point, are filled in by a Laplace equation on the mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from mien.heads.correspondence import nearest_surface_points

NEAR = 0.012  # m: a vertex further away has no point on the head
MIN_COSINE = 0.3  # between the normals
CANDIDATES = 12  # triangles tried for each vertex
# A channel tears an edge where it elongates it by more than so many times its length plus so many metres, and more than
# any edge of the registered head, whose lids move far where the eyes are large.
TORN, SLACK = 3.0, 0.003
SLIVER = 0.0005  # m: shorter edges of the registered head are left out
AROUND = 0.05  # m about the head, within which vertices without a point are filled in


@dataclass(frozen=True, eq=False)
class ProjectedDeltas:
    """deltas (C, N, 3) m; distance (N,) m from the registered head, nan where a vertex has no point on it; on_face (N,)
    bool: that point is of the face, not of the mouth's inside or a socket."""

    deltas: np.ndarray
    distance: np.ndarray
    on_face: np.ndarray


@dataclass(frozen=True, eq=False)
class VertexMatch:
    """For each of N vertices its point on the registered head: corners (N, 3) vertices of the head, barycentric (N, 3);
    found (N,) bool: whether there is one; held (N,) bool: it was given, and is never taken for a wrong one."""

    corners: np.ndarray
    barycentric: np.ndarray
    found: np.ndarray
    held: np.ndarray


def match_vertices(
    vertices: np.ndarray, normals: np.ndarray, triangles: np.ndarray, fitted: np.ndarray, fitted_triangles: np.ndarray
) -> VertexMatch:
    """The points of vertices (N, 3) with these normals, which triangles (T, 3) have, on the registered head, fitted
    (V, 3): the nearest whose normal has a cosine of MIN_COSINE or more with theirs."""
    lowest, highest = fitted.min(0), fitted.max(0)
    candidates_near = ((vertices > lowest - NEAR) & (vertices < highest + NEAR)).all(1)
    used = np.unique(triangles)
    rows = used[candidates_near[used]]
    near_corners, near_barycentric, matched = nearest_surface_points(
        vertices[rows], normals[rows], fitted, fitted_triangles, NEAR, MIN_COSINE, CANDIDATES
    )
    corners, barycentric = np.zeros((len(vertices), 3), int), np.zeros((len(vertices), 3))
    corners[rows], barycentric[rows] = near_corners, near_barycentric
    found = np.zeros(len(vertices), bool)
    found[rows] = matched
    return VertexMatch(corners, barycentric, found, np.zeros(len(vertices), bool))


def project_deltas(
    vertices: np.ndarray,
    normals: np.ndarray,
    triangles: np.ndarray,
    fitted: np.ndarray,
    fitted_triangles: np.ndarray,
    deltas: np.ndarray,
    face: np.ndarray,
    match: VertexMatch | None = None,
    known: np.ndarray | None = None,
) -> ProjectedDeltas:
    """Deltas (C, V, 3) of the registered head, fitted (V, 3), on vertices (N, 3) with these normals and triangles
    (T, 3); face (V,) bool: the head's vertices of the skin. match: that of `match_vertices` by default. known (N,)
    bool: vertices whose point is right, as found before with more channels; without it they are found here."""
    match = match or match_vertices(vertices, normals, triangles, fitted, fitted_triangles)
    projected = np.zeros((len(deltas), len(vertices), 3))
    distance = np.full(len(vertices), np.nan)
    rows = np.flatnonzero(match.found)
    corners, barycentric = match.corners[rows], match.barycentric[rows]
    projected[:, rows] = np.einsum("cnkx,nk->cnx", deltas[:, corners], barycentric)
    distance[rows] = np.linalg.norm(np.einsum("nkx,nk->nx", fitted[corners], barycentric) - vertices[rows], axis=1)
    on_face = np.zeros(len(vertices), bool)
    on_face[rows] = face[corners].all(1)
    edges = _edges(triangles)
    reliable = match.found.copy()
    if known is None:
        limits = _elongation_limits(fitted, deltas, _edges(fitted_triangles))
        reliable[_torn_vertices(projected, vertices, edges, reliable, limits)] = False
        reliable |= match.held
    else:
        reliable &= known
    distance[~reliable] = np.nan
    lowest, highest = fitted.min(0), fitted.max(0)
    far = ((vertices < lowest - AROUND) | (vertices > highest + AROUND)).any(1)
    _fill(projected, vertices, edges, reliable, far)
    return ProjectedDeltas(projected, distance, on_face & reliable)


def _elongation_limits(fitted: np.ndarray, deltas: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(C,) the largest elongation beyond SLACK of an edge of the registered head by each channel, as a multiple of its
    length; TORN or more."""
    length = np.linalg.norm(fitted[edges[:, 0]] - fitted[edges[:, 1]], axis=1)
    edges, length = edges[length > SLIVER], length[length > SLIVER]
    elongation = [np.linalg.norm(delta[edges[:, 0]] - delta[edges[:, 1]], axis=1) for delta in deltas]
    return np.maximum(TORN, [((pull - SLACK) / length).max(initial=0) for pull in elongation])


def _torn_vertices(
    deltas: np.ndarray, vertices: np.ndarray, edges: np.ndarray, reliable: np.ndarray, limits: np.ndarray
) -> np.ndarray:
    """Indices of the vertices that some channel would tear from the larger of the pieces that remain."""
    inner_edges = edges[reliable[edges].all(1)]
    length = np.linalg.norm(vertices[inner_edges[:, 0]] - vertices[inner_edges[:, 1]], axis=1)
    intact = np.ones(len(inner_edges), bool)
    for delta, limit in zip(deltas, limits, strict=True):
        intact &= np.linalg.norm(delta[inner_edges[:, 0]] - delta[inner_edges[:, 1]], axis=1) <= limit * length + SLACK
    graph = sparse.coo_matrix((np.ones(intact.sum(), bool), inner_edges[intact].T), (len(vertices),) * 2)
    piece = csgraph.connected_components(graph, directed=False)[1]
    size = np.bincount(piece)
    torn = inner_edges[~intact]
    smaller = np.where(size[piece[torn[:, 0]]] < size[piece[torn[:, 1]]], torn[:, 0], torn[:, 1])
    other = np.isin(piece, piece[smaller]) & (size[piece] < size.max())
    # Where a tear ends inside one piece, both of its ends are unreliable.
    within = torn[piece[torn[:, 0]] == piece[torn[:, 1]]].ravel()
    return np.union1d(np.flatnonzero(other & reliable), within)


def _fill(deltas: np.ndarray, vertices: np.ndarray, edges: np.ndarray, reliable: np.ndarray, far: np.ndarray) -> None:
    """In place: deltas of unreliable vertices become the mean of their neighbours', weighted by inverse length; far
    vertices and pieces without a reliable one stay at 0."""
    count = len(vertices)
    free = ~reliable & ~far
    in_mesh = np.zeros(count, bool)
    in_mesh[edges] = True
    free &= in_mesh
    if not free.any():
        return
    weight = 1 / np.maximum(np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1), 1e-6)
    both = np.concatenate([edges, edges[:, ::-1]])
    graph = sparse.csr_matrix((np.tile(weight, 2), both.T), (count, count))
    laplacian = (sparse.diags(np.ravel(graph.sum(1))) - graph).tocsr()
    rows = np.flatnonzero(free)
    inner = laplacian[rows][:, rows] + sparse.identity(len(rows)) * 1e-6 * weight.mean()
    fixed = np.flatnonzero(~free)
    right_side = -(laplacian[rows][:, fixed] @ deltas[:, fixed].transpose(1, 0, 2).reshape(len(fixed), -1))
    solved = splu(inner.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right_side)
    deltas[:, rows] = solved.reshape(len(rows), len(deltas), 3).transpose(1, 0, 2)


def _edges(triangles: np.ndarray) -> np.ndarray:
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.unique(np.sort(ends, axis=1), axis=0)
