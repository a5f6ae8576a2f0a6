# SPDX-License-Identifier: GPL-3.0-or-later
"""Which triangle of a mesh lies over each pixel, and where in the triangle: what piecewise-affine warps are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Coverage:
    """Of an image of H x W samples: triangle (H, W) int32, -1 where there is none; weights (H, W, 3) float32 of the
    triangle's corners."""

    triangle: np.ndarray
    weights: np.ndarray

    def interpolate(self, triangles: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(H, W, C) float32 of values (V, C) at the vertices; NaN outside of the mesh."""
        inside = self.triangle >= 0
        out = np.full((*self.triangle.shape, values.shape[1]), np.nan, np.float32)
        corners = values.astype(np.float32)[triangles[self.triangle[inside]]]
        out[inside] = np.einsum("pk,pkc->pc", self.weights[inside], corners)
        return out


def rasterise(
    vertices: np.ndarray, triangles: np.ndarray, size: tuple[int, int], depth: np.ndarray | None = None
) -> Coverage:
    """Coverage of size (H, W) by triangles (T, 3) of vertices (V, 2), whose unit is a sample and whose (0, 0) is the
    middle of the first. Where several lie over a sample the one with the smallest depth (V,) counts, else the last."""
    height, width = size
    corners = vertices[triangles].astype(np.float64)  # (T, 3, 2)
    order = np.arange(len(triangles)) if depth is None else np.argsort(-depth[triangles].mean(1), kind="stable")
    low = np.maximum(np.ceil(corners.min(1) - 1e-6), 0).astype(int)
    high = np.minimum(np.floor(corners.max(1) + 1e-6), [width - 1, height - 1]).astype(int)
    spans = np.maximum(high - low + 1, 0)
    edge_1, edge_2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = edge_1[:, 0] * edge_2[:, 1] - edge_1[:, 1] * edge_2[:, 0]
    spans[np.abs(area) < 1e-9] = 0
    order = order[spans[order].prod(1) > 0]
    counts = spans[order].prod(1)
    owner = np.repeat(order, counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    x = low[owner, 0] + within % spans[owner, 0]
    y = low[owner, 1] + within // spans[owner, 0]
    dx, dy = x - corners[owner, 0, 0], y - corners[owner, 0, 1]
    b = (dx * edge_2[owner, 1] - dy * edge_2[owner, 0]) / area[owner]
    c = (dy * edge_1[owner, 0] - dx * edge_1[owner, 1]) / area[owner]
    hit = (b >= -1e-6) & (c >= -1e-6) & (b + c <= 1 + 1e-6)
    x, y, owner, b, c = x[hit], y[hit], owner[hit], b[hit], c[hit]
    triangle = np.full((height, width), -1, np.int32)
    weights = np.zeros((height, width, 3), np.float32)
    triangle[y, x] = owner  # of several the last counts
    weights[y, x] = np.stack([1 - b - c, b, c], 1)
    return Coverage(triangle, weights)
