# SPDX-License-Identifier: GPL-3.0-or-later
"""Ambient occlusion of the head: the share of the surrounding light that reaches each vertex."""

import numpy as np

DIRECTIONS = 64
CELL = 0.0025  # metres; the grid into which the surface is sorted as seen from each direction
SLACK = 0.004  # metres a vertex may lie behind the nearest surface in its cell and still be seen, at least
SLOPES = 4  # a surface seen at a slant is deep within one cell; more slant than this counts as hidden
DENSITY = 5  # points along each side of a quad


def ambient_occlusion(vertices: np.ndarray, quads: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(V,) 0..1: the cosine-weighted share of directions in which nothing hides the sky. vertices, normals (V, 3)."""
    share = (np.arange(DENSITY) + 0.5) / DENSITY
    u, v = (g.ravel()[:, None, None] for g in np.meshgrid(share, share))
    a, b, c, d = (vertices[quads[:, i]] for i in range(4))
    surface = ((1 - u) * ((1 - v) * a + v * d) + u * ((1 - v) * b + v * c)).reshape(-1, 3)
    unoccluded, total = np.zeros(len(vertices)), np.zeros(len(vertices))
    for direction in _sphere(DIRECTIONS):
        side = np.cross(direction, [0.0, 1.0, 0.0] if abs(direction[1]) < 0.9 else [1.0, 0.0, 0.0])
        side /= np.linalg.norm(side)
        axes = np.stack([side, np.cross(direction, side)], 1)
        cells, own = surface @ axes / CELL, (vertices @ axes) / CELL
        low = np.minimum(cells.min(0), own.min(0))
        cells, own = (cells - low).astype(int), (own - low).astype(int)
        width = max(cells[:, 0].max(), own[:, 0].max()) + 1
        nearest = np.full(width * (max(cells[:, 1].max(), own[:, 1].max()) + 1), -np.inf)
        np.maximum.at(nearest, cells[:, 1] * width + cells[:, 0], surface @ direction)
        facing = np.clip(normals @ direction, 0.0, None)
        slope = np.sqrt(1 - np.minimum(facing, 1.0) ** 2) / np.maximum(facing, 1e-6)
        slack = np.maximum(SLACK, 1.5 * CELL * np.minimum(slope, SLOPES))
        unoccluded += facing * (vertices @ direction > nearest[own[:, 1] * width + own[:, 0]] - slack)
        total += facing
    return unoccluded / np.maximum(total, 1e-9)


def _sphere(count: int) -> np.ndarray:
    """Directions spread evenly (a Fibonacci sphere), (count, 3)."""
    i = np.arange(count) + 0.5
    y, turn = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], 1)
