# SPDX-License-Identifier: GPL-3.0-or-later
"""A surface as points close together: where the nearest one is that faces the same way."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

SPACING = 0.0025  # m between points
FINEST = 40  # points along the edge of the largest triangle: a floor is not to fill the memory
CANDIDATES = 8
LOOK = 0.01  # m that two normals sixty degrees apart count


class Surface:
    """Triangles (T, 3) of vertices (V, 3) with their unit normals (V, 3), metres; `rim` (V,) bool: the vertices that
    lie on an open edge, which a nearest point must not be (Amberg 2007, section 3.4: they gather all that lies
    beyond)."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, normals: np.ndarray, rim: np.ndarray) -> None:
        corners = vertices[triangles]
        edges = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2).max(1)
        parts = np.clip(np.ceil(edges / SPACING), 1, FINEST).astype(int)
        points, out, open_ = [], [], []
        for part in np.unique(parts):
            chosen = triangles[parts == part]
            shares = _lattice(part)
            points.append(np.einsum("sk,tkc->tsc", shares, vertices[chosen]).reshape(-1, 3))
            out.append(np.einsum("sk,tkc->tsc", shares, normals[chosen]).reshape(-1, 3))
            open_.append((np.einsum("sk,tk->ts", shares, rim[chosen].astype(float)) > 0.999).ravel())
        self.points = np.concatenate(points)
        self.normals = np.concatenate(out)
        self.normals /= np.maximum(np.linalg.norm(self.normals, axis=1, keepdims=True), 1e-12)
        self.rim = np.concatenate(open_)
        # A point that looks another way counts as further away, or the near ones might all be of the other lip.
        self._tree = cKDTree(np.c_[self.points, LOOK * self.normals])

    def nearest(
        self, points: np.ndarray, normals: np.ndarray, reach: float, alike: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(number (N,) of the point of the surface nearest to each of points (N, 3), distance (N,) from its tangent
        plane, found (N,)); not found: further away than `reach`, on an open edge, or none of the nearest has a
        normal whose cosine with that of normals (N, 3) is `alike` or more."""
        bound = np.hypot(reach, LOOK * np.sqrt(2 - 2 * alike))
        sought = np.c_[points, LOOK * normals]
        _, near = self._tree.query(sought, k=np.arange(1, CANDIDATES + 1), distance_upper_bound=bound)
        none = near == len(self.points)
        near = np.where(none, 0, near)
        away = np.linalg.norm(self.points[near] - points[:, None], axis=2)
        away[none | (away > reach)] = np.inf
        turned = np.einsum("nkc,nc->nk", self.normals[near], normals) < alike
        away[turned] = np.inf
        best = away.argmin(1)
        rows = np.arange(len(points))
        number = near[rows, best]
        found = np.isfinite(away[rows, best]) & ~self.rim[number]
        height = np.einsum("nc,nc->n", self.normals[number], points - self.points[number])
        return number, np.abs(height), found


def open_edge(vertices: int, triangles: np.ndarray) -> np.ndarray:
    """(vertices,) bool: on an edge that only one triangle has."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    rim = np.zeros(vertices, bool)
    rim[unique[counts == 1]] = True
    return rim


def _lattice(parts: int) -> np.ndarray:
    """(S, 3) shares of a triangle's corners, evenly spread."""
    i, j = np.meshgrid(np.arange(parts + 1), np.arange(parts + 1), indexing="ij")
    kept = i + j <= parts
    return np.stack([i[kept], j[kept], parts - i[kept] - j[kept]], 1) / parts
