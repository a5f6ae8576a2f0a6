# SPDX-License-Identifier: GPL-3.0-or-later
"""A surface as a dense point set, for the nearest point that faces the same way."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

SPACING = 0.0025  # m between points, at most
FINEST = 40  # points along an edge, at most: a floor must not fill the memory
CANDIDATES = 8
NORMAL_SCALE = 0.01  # m that the distance of two unit normals counts as


class Surface:
    """Triangles (T, 3) of vertices (V, 3) in metres, unit normals (V, 3); `rim` (V,) bool: vertices on an open edge.

    A nearest point must not be on an open edge, which would attract all that lies beyond (Amberg 2007, section 3.4).
    """

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, normals: np.ndarray, rim: np.ndarray) -> None:
        corners = vertices[triangles]
        edges = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2).max(1)
        divisions = np.clip(np.ceil(edges / SPACING), 1, FINEST).astype(int)
        points, point_normals, point_rims = [], [], []
        for division in np.unique(divisions):
            selected = triangles[divisions == division]
            barycentric = _lattice(division)
            points.append(np.einsum("sk,tkc->tsc", barycentric, vertices[selected]).reshape(-1, 3))
            point_normals.append(np.einsum("sk,tkc->tsc", barycentric, normals[selected]).reshape(-1, 3))
            point_rims.append((np.einsum("sk,tk->ts", barycentric, rim[selected].astype(float)) > 0.999).ravel())
        self.points = np.concatenate(points)
        self.normals = np.concatenate(point_normals)
        self.normals /= np.maximum(np.linalg.norm(self.normals, axis=1, keepdims=True), 1e-12)
        self.rim = np.concatenate(point_rims)
        # A point that faces another way counts as further away, or all near ones might be of the other lip.
        self._tree = KDTree(np.c_[self.points, NORMAL_SCALE * self.normals])

    def nearest(
        self, points: np.ndarray, normals: np.ndarray, max_distance: float, min_cosine: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(index (N,) of the surface point nearest to each of points (N, 3), distance (N,) from its tangent plane,
        matched (N,)).

        Not matched: further away than `max_distance`, on an open edge, or without a near point whose normal has a
        cosine of `min_cosine` or more with that of normals (N, 3).
        """
        search_radius = np.hypot(max_distance, NORMAL_SCALE * np.sqrt(2 - 2 * min_cosine))
        queries = np.c_[points, NORMAL_SCALE * normals]
        _, candidates = self._tree.query(queries, k=CANDIDATES, distance_upper_bound=search_radius)
        absent = candidates == len(self.points)
        candidates = np.where(absent, 0, candidates)
        distance = np.linalg.norm(self.points[candidates] - points[:, None], axis=2)
        distance[absent | (distance > max_distance)] = np.inf
        turned_away = np.einsum("nkc,nc->nk", self.normals[candidates], normals) < min_cosine
        distance[turned_away] = np.inf
        best = distance.argmin(1)
        rows = np.arange(len(points))
        index = candidates[rows, best]
        matched = np.isfinite(distance[rows, best]) & ~self.rim[index]
        offset = np.einsum("nc,nc->n", self.normals[index], points - self.points[index])
        return index, np.abs(offset), matched


def open_edge(vertices: int, triangles: np.ndarray) -> np.ndarray:
    """(vertices,) bool: vertices on an edge that only one triangle has."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    rim = np.zeros(vertices, bool)
    rim[unique[counts == 1]] = True
    return rim


def _lattice(divisions: int) -> np.ndarray:
    """(S, 3) barycentric coordinates, evenly spaced over a triangle."""
    i, j = np.meshgrid(np.arange(divisions + 1), np.arange(divisions + 1), indexing="ij")
    kept = i + j <= divisions
    return np.stack([i[kept], j[kept], divisions - i[kept] - j[kept]], 1) / divisions
