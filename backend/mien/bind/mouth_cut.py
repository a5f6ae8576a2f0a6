# SPDX-License-Identifier: GPL-3.0-or-later
"""A mouth that is one surface is cut open along its edges, from corner to corner, where the line is clear.

The line is the shortest way along the mesh's edges between the picked corners, where an edge is the shorter the nearer
it lies to the registered head's lips and the more it lies in a crease. The vertices between the corners are doubled,
and the lower lip takes the copies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from mien.bind.alignment import AlignedMesh
from mien.bind.delta_projection import VertexMatch
from mien.bind.mesh import Mesh
from mien.bind.surface import open_edge
from mien.heads.default import Head

AROUND = 0.018  # m from the registered head's lip line, within which the line may go
AWAY = 0.0045  # m from it that the line may be, at most
CREASE = np.radians(50)  # a fold that is as deep as any
SMOOTH = 0.3  # of the cost of an edge in a crease: on a flat mouth edges cost 1.3 times their length
NEAR_LINE = 0.002  # m from the lip line at which the cost of an edge has doubled
LONGER = 1.6  # times the lip line: a way that is longer goes astray
LEAST_POINTS = 3  # between the corners: fewer make no mouth
SIDES = 0.012  # m about the line, within which a vertex is of the lip on its own side


@dataclass(frozen=True, eq=False)
class MouthCut:
    """path (K + 2,) points of the welded mesh from the right corner to the left one; the K inner ones are doubled;
    triangles (n,) of the lower lip at these."""

    path: np.ndarray
    triangles: np.ndarray

    @property
    def doubled(self) -> np.ndarray:
        return self.path[1:-1]


@dataclass(frozen=True, eq=False)
class CutMesh:
    """mesh: welded, with a copy of each doubled point behind the others; vertices (M,) of the mesh as it was given that
    are doubled in it; faces (N,) of it that take the copies; point_index (V + M,) of its vertices in `mesh`; path
    (K + 2, 2) points of the upper and the lower lip's edge, the same at the corners."""

    mesh: Mesh
    vertices: np.ndarray
    faces: np.ndarray
    point_index: np.ndarray
    path: np.ndarray


def find_cut(
    mesh: Mesh, aligned: AlignedMesh, triangles: np.ndarray, head: Head, fitted: np.ndarray
) -> MouthCut | None:
    """Where the mouth of a welded mesh may be cut; None where it is open already, or the line is not clear. triangles
    (T,) indices of those of the skin."""
    if not {"mouth_right", "mouth_left"} <= set(aligned.picks):
        return None
    vertices, skin = aligned.vertices, mesh.triangles[triangles]
    line = lip_line(head, fitted)
    used = np.unique(skin)
    distance = np.full(len(vertices), np.inf)
    distance[used] = distance_from(line, vertices[used])
    near = distance < AROUND
    rim = open_edge(len(vertices), skin)
    corners = [used[KDTree(vertices[used]).query(aligned.picks[name])[1]] for name in ("mouth_right", "mouth_left")]
    edges, fold = _folds(vertices, skin, mesh.diagonals)
    inner = near[edges].all(1)
    edges, fold = edges[inner], fold[inner]
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    away = (distance[edges].mean(1) / NEAR_LINE) ** 2
    cost = length * (SMOOTH + 1 - np.clip(fold / CREASE, 0, 1) + away)
    graph = sparse.coo_matrix((np.maximum(cost, 1e-9), edges.T), (len(vertices),) * 2).tocsr()
    reach, before = csgraph.dijkstra(graph, directed=False, indices=corners[0], return_predecessors=True)
    if not np.isfinite(reach[corners[1]]):
        return None
    path = [int(corners[1])]
    while path[-1] != corners[0]:
        path.append(int(before[path[-1]]))
    path = np.array(path[::-1])
    steps = np.linalg.norm(np.diff(vertices[path], axis=0), axis=1).sum()
    straight = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    if len(path) < LEAST_POINTS + 2 or rim[path].any() or distance[path].max() > AWAY or steps > LONGER * straight:
        return None
    lower = _lower_side(vertices, skin, path)
    return None if lower is None else MouthCut(path, triangles[lower])


def cut_mesh(mesh: Mesh, welded: Mesh, cut: MouthCut) -> CutMesh:
    """A mesh as it was given, and welded, with its mouth cut."""
    count, doubled = len(welded.vertices), cut.doubled
    copy = np.arange(count)
    copy[doubled] = count + np.arange(len(doubled))
    triangles = welded.triangles.copy()
    triangles[cut.triangles] = copy[triangles[cut.triangles]]
    behind = np.arange(count + len(doubled))
    opened = replace(
        welded, vertices=np.concatenate([welded.vertices, welded.vertices[doubled]]), triangles=triangles,
        region=np.concatenate([welded.region, welded.region[doubled]]), point_index=behind,
    )  # fmt: skip
    is_lower = np.zeros(len(mesh.triangles), bool)
    is_lower[cut.triangles] = True
    of_lower, of_upper = (np.zeros(len(mesh.vertices), bool) for _ in range(2))
    of_lower[mesh.triangles[is_lower]] = True
    of_upper[mesh.triangles[~is_lower]] = True
    at_cut = np.isin(mesh.point_index, doubled)
    both = np.flatnonzero(at_cut & of_lower & of_upper)
    alone = at_cut & of_lower & ~of_upper  # a seam had split it there already
    point_index = np.where(alone, copy[mesh.point_index], mesh.point_index)
    faces = np.unique(mesh.face_index[is_lower & np.isin(mesh.triangles, both).any(1)])
    return CutMesh(
        opened, both, faces, np.concatenate([point_index, copy[mesh.point_index[both]]]),
        np.stack([cut.path, copy[cut.path]], 1),
    )  # fmt: skip


def lip_line(head: Head, fitted: np.ndarray) -> np.ndarray:
    """(n, 3) points between the registered head's lips, from the right corner to the left one."""
    middle = fitted[head.inner_lips].mean(1)
    ends = fitted[head.landmarks[[48, 54]]]
    inside = middle[np.argsort(head.vertices[head.inner_lips].mean(1)[:, 0], kind="stable")]
    return np.concatenate([ends[:1], inside, ends[1:]])


def lips_matched(
    match: VertexMatch, cut: CutMesh, aligned: AlignedMesh, head: Head, fitted: np.ndarray, triangles: np.ndarray
) -> VertexMatch:
    """The match of the cut mesh with its lips' edges on the registered head's, and without points on the other lip.
    triangles (T, 3) of the mesh's skin."""
    vertices = aligned.vertices
    corners, barycentric = match.corners.copy(), match.barycentric.copy()
    found, held = match.found.copy(), match.held.copy()
    side = _sides(vertices, triangles, cut)
    line = lip_line(head, fitted)
    of_head = np.sign(_above(line, fitted))
    heights = (of_head[corners] * barycentric).sum(1)
    near = distance_from(line, vertices) < SIDES
    found &= ~(near & (side != 0) & (side * heights < 0))
    order = np.argsort(head.vertices[head.inner_lips].mean(1)[:, 0], kind="stable")
    across = np.maximum.accumulate(fitted[head.inner_lips[order]].mean(1)[:, 0])
    inner = slice(1, -1)
    for lip in (0, 1):
        points = cut.path[inner, lip]
        at = vertices[points][:, 0]
        after = np.clip(np.searchsorted(across, at), 1, len(across) - 1)
        share = np.clip((at - across[after - 1]) / np.maximum(across[after] - across[after - 1], 1e-9), 0, 1)
        one, other = head.inner_lips[order[after - 1], lip], head.inner_lips[order[after], lip]
        corners[points] = np.stack([one, other, other], 1)
        barycentric[points] = np.stack([1 - share, share, np.zeros(len(share))], 1)
        found[points] = held[points] = True
    return VertexMatch(corners, barycentric, found, held)


def _sides(vertices: np.ndarray, triangles: np.ndarray, cut: CutMesh) -> np.ndarray:
    """(N,) 1 for vertices above the cut, -1 for those below, 0 for those of neither: nearer by edges to one lip's edge
    than to the other's."""
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1), axis=0
    )
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    graph = sparse.coo_matrix((np.maximum(length, 1e-9), edges.T), (len(vertices),) * 2).tocsr()
    upper, lower = (
        csgraph.dijkstra(graph, directed=False, indices=cut.path[1:-1, lip], min_only=True, limit=2 * SIDES)
        for lip in (0, 1)
    )
    return np.where(upper == lower, 0, np.where(upper < lower, 1, -1))


def _above(line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N,) metres of points (N, 3) above a line, seen from the front."""
    order = np.argsort(line[:, 0], kind="stable")
    return points[:, 1] - np.interp(points[:, 0], line[order, 0], line[order, 1])


def distance_from(line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N,) metres of points (N, 3) from a line of several parts."""
    out = np.full(len(points), np.inf)
    for a, b in zip(line, line[1:], strict=False):
        along = (b - a) / max(float((b - a) @ (b - a)), 1e-18)
        share = np.clip((points - a) @ along, 0, 1)
        out = np.minimum(out, np.linalg.norm(points - a - share[:, None] * (b - a), axis=1))
    return out


def _folds(vertices: np.ndarray, triangles: np.ndarray, diagonals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(edges (E, 2), radians (E,) by which the surface is folded inwards there), without diagonals."""
    normals = np.cross(
        vertices[triangles[:, 1]] - vertices[triangles[:, 0]], vertices[triangles[:, 2]] - vertices[triangles[:, 0]]
    )
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-18)
    ends = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    owner = np.tile(np.arange(len(triangles)), 3)
    edges, inverse, counts = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(inverse.reshape(-1), kind="stable")
    first = np.cumsum(counts) - counts
    fold = np.zeros(len(edges))
    pair = counts == 2
    one, other = owner[order[first[pair]]], owner[order[first[pair] + 1]]
    centre = vertices[triangles].mean(1)
    angle = np.arccos(np.clip(np.einsum("ec,ec->e", normals[one], normals[other]), -1, 1))
    inwards = np.einsum("ec,ec->e", normals[one], centre[other] - centre[one]) > 0
    fold[pair] = np.where(inwards, angle, -angle)
    keys = edges[:, 0] * len(vertices) + edges[:, 1]
    halves = np.sort(diagonals, axis=1)
    kept = ~np.isin(keys, halves[:, 0] * len(vertices) + halves[:, 1])
    return edges[kept], fold[kept]


def _lower_side(vertices: np.ndarray, triangles: np.ndarray, path: np.ndarray) -> np.ndarray | None:
    """Indices of the triangles at the path's inner points that lie below it; None where it does not part them in
    two."""
    touching = np.flatnonzero(np.isin(triangles, path[1:-1]).any(1))
    fan = triangles[touching]
    on_path = set(map(tuple, np.sort(np.stack([path[:-1], path[1:]], 1), axis=1).tolist()))
    inner = set(path[1:-1].tolist())
    by_edge: dict[tuple[int, int], list[int]] = {}
    for number, corners in enumerate(fan.tolist()):
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            edge = (min(a, b), max(a, b))
            if edge not in on_path and (a in inner or b in inner):
                by_edge.setdefault(edge, []).append(number)
    pairs = np.array([numbers for numbers in by_edge.values() if len(numbers) == 2], int).reshape(-1, 2)
    graph = sparse.coo_matrix((np.ones(len(pairs), bool), pairs.T), (len(fan),) * 2)
    parts, part = csgraph.connected_components(graph, directed=False)
    if parts != 2:
        return None
    heights = [vertices[fan[part == number]].mean((0, 1))[1] for number in range(2)]
    return touching[part == int(np.argmin(heights))]
