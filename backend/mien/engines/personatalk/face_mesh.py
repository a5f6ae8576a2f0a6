# SPDX-License-Identifier: GPL-3.0-or-later
"""The mesh that pixels are warped by: the tracker's 468 points and a rigid ring outside the face, so that what lies
beyond the jaw's edge stretches and nothing tears."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.head_pose import HeadPose
from mien.face_tracking.landmark_indices import FACE, FACE_OVAL, OUTER_EYE_CORNERS

RING = 1.3  # of the way from the middle of the face to its oval: where the ring that no jaw moves lies
VERTICES = FACE + len(FACE_OVAL)


@lru_cache(maxsize=1)
def triangles() -> np.ndarray:
    """(T, 3) int32: those of the canonical face, and the band between the oval and the ring (vertices 468 on)."""
    oval = np.array(FACE_OVAL)
    ring = FACE + np.arange(len(oval))
    band = [
        triangle
        for i in range(len(oval))
        for j in [(i + 1) % len(oval)]
        for triangle in ((oval[i], ring[i], ring[j]), (oval[i], ring[j], oval[j]))
    ]
    return np.concatenate([canonical_face().triangles, np.array(band, np.int32)])


def eye_distance(points: np.ndarray) -> np.ndarray:
    """(...,) between the outer corners of the eyes of points (..., n, 3), in their unit."""
    one, other = OUTER_EYE_CORNERS
    return np.linalg.norm(points[..., one, :] - points[..., other, :], axis=-1)


def rigid_ring(rest: np.ndarray) -> np.ndarray:
    """(36, 3): the ring of a face at rest from the front (468, 3), in its unit."""
    oval = rest[list(FACE_OVAL)]
    middle = oval.mean(0)
    ring = middle + RING * (oval - middle)
    ring[:, 2] = oval[:, 2]
    return ring


def mesh_vertices(points: np.ndarray, pose: HeadPose, ring: np.ndarray) -> np.ndarray:
    """(..., 504, 3) pixels: the face's points (..., >= 468, 3) and the ring (36, 3) posed as the head is."""
    posed = pose.with_pose(np.broadcast_to(ring, (*points.shape[:-2], *ring.shape)))
    return np.concatenate([points[..., :FACE, :].astype(float), posed], -2)
