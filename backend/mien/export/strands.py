# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes of the default head as a mesh of ribbons that hang on the skin (made by meshes/strands.py)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mien.files.safetensors import read_tensors
from mien.heads.default import Head, head_path, load_head

POINTS = 6  # of a ribbon: left and right at its root, middle and tip
QUADS = np.array([[0, 1, 3, 2], [2, 3, 5, 4]])


@dataclass(frozen=True, eq=False)
class Strands:
    """N points: corners (N, 3) vertices of the skin, places (N, 3) shares of the second and third corner, and metres
    along the normal of the triangle; quads (Q, 4), seen from both sides; lash (Q,) whether of lashes or of brows."""

    corners: np.ndarray
    places: np.ndarray
    quads: np.ndarray
    lash: np.ndarray

    def at(self, face: np.ndarray) -> np.ndarray:
        """(N, 3) metres: the points on a face (V, 3)."""
        a, b, c = (face[self.corners[:, k]].astype(np.float64) for k in range(3))
        normal = np.cross(b - a, c - a)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        s, t, height = self.places.T[..., None]
        return a + s * (b - a) + t * (c - a) + height * normal


def strands_of(head: Head) -> Strands | None:
    """Those of the default head and its identities; None for another head."""
    return _strands() if head.sha256 == load_head().sha256 else None


@lru_cache(maxsize=1)
def _strands() -> Strands:
    tensors, _ = read_tensors(head_path())
    lash = tensors["strand_lash"].astype(bool)
    starts = np.arange(0, len(lash), POINTS)
    quads = (starts[:, None, None] + QUADS).reshape(-1, 4)
    return Strands(tensors["strand_corners"], tensors["strand_places"].astype(np.float64), quads, lash[quads[:, 0]])
