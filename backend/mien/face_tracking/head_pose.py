# SPDX-License-Identifier: GPL-3.0-or-later
"""How a head is turned: the canonical face laid over the landmarks, by weighted orthogonal Procrustes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.face_tracking.bundle import CanonicalFace, canonical_face

# Canonical axes (y up, z to the viewer) in a picture's (y down, z away), and back.
PICTURE_AXES = np.array([1.0, -1.0, -1.0])
# Of the network's z where the turn of the head alone is asked for. With all of it the yaw of three people who talk is
# 0.94 to 1.15 of what structure from motion gives (x and y alone), with this 0.89 to 1.09; rendered heads gain more.
DEPTH = 0.9


@dataclass(frozen=True, eq=False)
class HeadPose:
    """points ~ scale * canonical * PICTURE_AXES @ turn.T + shift.

    turn (..., 3, 3) in the picture's axes; scale (...,) pixels for a cm; shift (..., 3) pixels.
    """

    turn: np.ndarray
    scale: np.ndarray
    shift: np.ndarray

    @property
    def head_rotation(self) -> np.ndarray:
        """(..., 3) radians pitch, yaw, roll as in a Take: Ry(yaw) @ Rx(pitch) @ Rz(roll) about the head's own axes."""
        matrix = PICTURE_AXES[:, None] * self.turn * PICTURE_AXES
        pitch = -np.arcsin(np.clip(matrix[..., 1, 2], -1, 1))
        yaw = np.arctan2(matrix[..., 0, 2], matrix[..., 2, 2])
        roll = np.arctan2(matrix[..., 1, 0], matrix[..., 1, 1])
        return np.stack([pitch, yaw, roll], -1)

    def without_pose(self, points: np.ndarray) -> np.ndarray:
        """(..., n, 3) cm in the picture's axes of points (..., n, 3): the face from the front, its size canonical."""
        flat = (points - self.shift[..., None, :]) @ self.turn
        return flat / np.asarray(self.scale)[..., None, None]

    def with_pose(self, points: np.ndarray) -> np.ndarray:
        """The way back from `without_pose`."""
        scaled = np.asarray(self.scale)[..., None, None] * points
        return scaled @ np.swapaxes(self.turn, -1, -2) + self.shift[..., None, :]


def fit_pose(points: np.ndarray, face: CanonicalFace | None = None) -> HeadPose:
    """The pose of landmarks (..., 478 or 468, 3) in pixels, without a camera: as if seen from far away.

    Weights and the 33 landmarks are the bundle's own; z counts like x and y (Umeyama 1991, weighted).
    """
    face = face or canonical_face()
    canonical = face.points[face.basis] * PICTURE_AXES
    weights = face.weights / face.weights.sum()
    seen = np.asarray(points)[..., face.basis, :].astype(float)
    middle, other = weights @ canonical, np.einsum("n,...nd->...d", weights, seen)
    flat, moved = canonical - middle, seen - other[..., None, :]
    covariance = np.einsum("n,...na,nb->...ab", weights, moved, flat)
    u, singular, vt = np.linalg.svd(covariance)
    mirrored = np.sign(np.linalg.det(u @ vt))
    signs = np.stack([np.ones_like(mirrored), np.ones_like(mirrored), mirrored], -1)
    turn = (u * signs[..., None, :]) @ vt
    scale = (singular * signs).sum(-1) / (weights @ (flat**2).sum(1))
    shift = other - scale[..., None] * (turn @ middle)
    return HeadPose(turn, scale, shift)


def fit_turn(points: np.ndarray) -> HeadPose:
    """As `fit_pose`, but nearer to how the head is really turned: z counts for less. It does not lay the canonical face
    over the landmarks as closely."""
    return fit_pose(np.asarray(points) * [1.0, 1.0, DEPTH])
