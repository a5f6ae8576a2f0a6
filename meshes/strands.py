# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes as strands that lie on the mesh, for viewports that draw no textures.

Each point of a strand hangs on a triangle of the skin: a weighted mean of its corners, and a height along its normal.
So it follows every channel, every identity, and the lids as they shut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mien.heads.face_paint import brow_hairs, lid_edges

FRONT = 0.03  # metres: what lies further back is not seen from the front
BROW_WIDTH, BROW_HEIGHT = 0.00034, 0.00025  # metres: at the root; above the skin
# Of one lid: number, length and width (metres), and between which shares of its edge, from the nose outwards.
LASHES = {"upper": (44, 0.0052, 0.00026, (0.14, 0.94)), "lower": (22, 0.0024, 0.00016, (0.25, 0.86))}
SEED = 11


def strands(head: Any) -> dict[str, np.ndarray]:
    """strand_corners (N, 3) int32 vertices of the skin, strand_places (N, 3) float16: weights of the second and third
    corner, and the height in metres; six points a strand, left and right at root, middle and tip. strand_lash (N,) 0 or
    1.
    """
    brows, _ = brow_hairs(head)
    triangles = _front_triangles(head)
    flat = _ribbons(brows, BROW_WIDTH)
    corners, surface = _on_skin(head, triangles, flat.reshape(-1, 2))
    brow_places = surface + (0.0, 0.0, BROW_HEIGHT)
    lash_points, roots = _lashes(head)
    lash_corners, _ = _on_skin(head, triangles, roots)
    lash_places = _hung(head, np.repeat(lash_corners, 6, 0), lash_points)
    counts = (len(corners), len(lash_points))
    return {
        "strand_corners": np.concatenate([corners, np.repeat(lash_corners, 6, 0)]).astype(np.int32),
        "strand_places": np.concatenate([brow_places, lash_places]).astype(np.float16),
        "strand_lash": np.repeat(np.array([0, 1], np.uint8), counts),
    }


def _ribbons(lines: np.ndarray, width: float) -> np.ndarray:
    """(H, 6, 2 or 3): left and right of root, middle and tip of the lines (H, 3, ...), pointed at the tip."""
    along = np.gradient(lines, axis=1)
    across = np.stack([-along[..., 1], along[..., 0], *[0 * along[..., 0]] * (lines.shape[2] - 2)], -1)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    half = across * (width / 2 * np.array([1.0, 0.8, 0.15]))[:, None]
    return np.stack([lines - half, lines + half], 2).reshape(len(lines), 6, -1)


def _front_triangles(head: Any) -> np.ndarray:
    """(T, 3) triangles of skin and sockets that face the front."""
    names = [head.parts[part] for part in head.quad_part]
    quads = head.quads[np.isin(names, ["skin", "sockets"])]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    a, b, c = (head.vertices[triangles[:, i]].astype(float) for i in range(3))
    return triangles[(np.cross(b - a, c - a)[:, 2] > 0) & (a[:, 2] > FRONT)]


def _on_skin(head: Any, triangles: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(corners (N, 3), places (N, 3) without a height) of points (N, 2) seen from the front: of the triangles that
    cover a point the foremost, else the nearest."""
    a, b, c = (head.vertices[triangles[:, i]].astype(float) for i in range(3))
    p, q = (b - a)[:, :2], (c - a)[:, :2]
    area = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    corners, places = np.empty((len(points), 3), int), np.zeros((len(points), 3))
    for i, point in enumerate(points):
        off = point - a[:, :2]
        s = (off[:, 0] * q[:, 1] - off[:, 1] * q[:, 0]) / area
        t = (p[:, 0] * off[:, 1] - p[:, 1] * off[:, 0]) / area
        outside = np.maximum(np.maximum(-s, -t), s + t - 1)
        height = a[:, 2] + s * (b - a)[:, 2] + t * (c - a)[:, 2]
        best = np.argmax(np.where(outside < 1e-6, height, -1 - outside))
        corners[i], places[i, :2] = triangles[best], (s[best], t[best])
    return corners, np.clip(places, -0.5, 1.5)


def _hung(head: Any, corners: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, 3) places of points (N, 3) in space on the planes of their triangles."""
    a, b, c = (head.vertices[corners[:, i]].astype(float) for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    frame = np.stack([b - a, c - a, normal], 2)
    return np.linalg.solve(frame, (points - a)[..., None])[..., 0]


def _lashes(head: Any) -> tuple[np.ndarray, np.ndarray]:
    """(points (6 L, 3) of all lashes, roots (L, 2) seen from the front, a little inside the skin of the lid)."""
    generator = np.random.default_rng(SEED)
    points, roots = [], []
    for eye in lid_edges(head):
        for (count, length, width, ends), line, up in zip(LASHES.values(), eye, (1.0, -1.0), strict=True):
            at = np.linspace(*ends, count) + generator.uniform(-0.006, 0.006, count)
            index = np.clip(at, 0, 1) * (len(line) - 1)
            root = np.stack([np.interp(index, np.arange(len(line)), column) for column in line.T], 1)
            root[:, 2] += 0.0004
            sign = np.sign(line[-1, 0] - line[0, 0])  # outwards
            fan = (at - 0.45) * 1.3 + generator.uniform(-0.1, 0.1, count)
            long = length * np.interp(at, [0, 0.25, 0.75, 1], [0.4, 0.9, 1.05, 0.8])
            long *= generator.uniform(0.85, 1.1, count)
            ahead = np.stack([sign * fan, np.full(count, 0.10 * up), np.ones(count)], 1)
            raised = np.stack([sign * 1.5 * fan, np.full(count, 1.1 * up), np.full(count, 0.7)], 1)
            ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
            raised /= np.linalg.norm(raised, axis=1, keepdims=True)
            middle = root + ahead * long[:, None] * 0.5
            tip = middle + raised * long[:, None] * 0.55
            points.append(_ribbons(np.stack([root, middle, tip], 1), width).reshape(-1, 3))
            roots.append(root[:, :2] + (0.0, 0.0006 * up))
    return np.concatenate(points), np.concatenate(roots)
