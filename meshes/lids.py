# SPDX-License-Identifier: GPL-3.0-or-later
"""The visible share of an eyeball, which measures whether the lids shut."""

from __future__ import annotations

import numpy as np

DIRECTIONS = {"front": (0, 0, 1), "left": (1, 0, 1), "right": (-1, 0, 1), "above": (0, 0.7, 1), "below": (0, -0.7, 1)}
MARGIN = 1e-6  # metres beside a triangle within which points are tried
STEPS = 10  # sample points along the edge of a triangle of the eyeball: about 0.4 mm apart


def triangles(quads: np.ndarray) -> np.ndarray:
    """(2 Q, 3) each quad (Q, 4) as two triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def visible_share(
    vertices: np.ndarray, skin: np.ndarray, eye: np.ndarray, direction: tuple[float, float, float]
) -> float:
    """Share 0..1 of the near side of an eyeball that no skin hides in an orthographic view from `direction`.

    skin (S, 4) and eye (E, 4) are quads; where the eyeball pokes through the lids it counts as visible.
    """
    d = np.asarray(direction, float) / np.linalg.norm(direction)
    across = np.cross((0.0, 1.0, 0.0), d)
    across /= np.linalg.norm(across)
    view = vertices @ np.stack([across, np.cross(d, across), d], 1)
    corners = view[triangles(eye)]
    weights = [(i + 1 / 3, j + 1 / 3) for i in range(STEPS) for j in range(STEPS - i)]
    a, b = np.array(weights).T[:, :, None, None] / STEPS
    points = (corners[:, 0] * (1 - a - b) + corners[:, 1] * a + corners[:, 2] * b).reshape(-1, 3)
    points = points[points[:, 2] > points[:, 2].mean()]
    faces = view[triangles(skin)]
    near = (faces.max(1)[:, :2] > points.min(0)[:2]).all(1) & (faces.min(1)[:, :2] < points.max(0)[:2]).all(1)
    points = points[np.argsort(points[:, 0], kind="stable")]
    hidden = np.zeros(len(points), bool)
    faces = faces[near]
    begins = np.searchsorted(points[:, 0], faces[..., 0].min(1) - MARGIN)
    ends = np.searchsorted(points[:, 0], faces[..., 0].max(1) + MARGIN)
    for (p, q, r), begin, end in zip(faces, begins, ends, strict=True):
        (px, py, pz), (qx, qy, qz), (rx, ry, rz) = p, q - p, r - p
        area = qx * ry - qy * rx
        if abs(area) < 1e-14 or begin == end:
            continue
        x, y, z = points[begin:end].T
        x, y = x - px, y - py
        v, w = (x * ry - y * rx) / area, (qx * y - qy * x) / area
        hidden[begin:end] |= (v >= 0) & (w >= 0) & (v + w <= 1) & (pz + v * qz + w * rz > z)
    return float(1 - hidden.mean())


def shut_eyes(face: np.ndarray, deltas: np.ndarray, channels: list[str], skin: np.ndarray, eye: np.ndarray) -> dict:
    """Visible share of the left eyeball in per cent, from five sides: open, and at a full blink with other channels."""
    poses = {
        "open": {},
        "blink": {"eyeBlinkLeft": 1},
        **{f"blink {n}": {"eyeBlinkLeft": 1, n: 1} for n in ("eyeSquintLeft", "cheekSquintLeft", "mouthSmileLeft")},
        **{f"blink {n}": {"eyeBlinkLeft": 1, n: 1} for n in ("eyeLookUpLeft", "eyeLookDownLeft", "eyeLookInLeft")},
        "blink 0.9": {"eyeBlinkLeft": 0.9},
    }
    result = {}
    for pose, weights in poses.items():
        moved = face + sum(weight * deltas[channels.index(n)] for n, weight in weights.items())
        result[pose] = {side: round(100 * visible_share(moved, skin, eye, d), 2) for side, d in DIRECTIONS.items()}
    return result
