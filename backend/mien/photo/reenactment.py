# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo moved by tracked landmarks in the place of a take: how good its pixels are, without a take's own errors."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT
from mien.face_tracking.landmark_indices import FACE, LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from mien.photo.animator import Animator, PosedFace
from mien.photo.fit import SMOOTHING, STILL_POINTS, own_channels, relative_gap
from mien.photo.head_landmarks import landmarks_on
from mien.photo.space_warp import SpaceWarp

GAZE_LIMIT = 0.7  # radians


class Reenactment:
    """Frames of an Animator that follow landmarks (478, 3) in the pixels of its photo."""

    def __init__(self, animator: Animator) -> None:
        self._animator = animator
        self._rest = animator.mesh.rest_landmarks.astype(float)
        self._looks = iris_places(animator.face.points)

    def weights(self, points: np.ndarray) -> np.ndarray:
        """(52,) in the order of the head: the photo's own channels with a mouth as wide open as that of the points."""
        animator = self._animator
        weights = np.zeros(len(ARKIT), np.float32)
        weights[animator.head.order(ARKIT)] = own_channels(animator.head, animator.face.scores, relative_gap(points))
        return weights

    def places(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, SpaceWarp]:
        """(places (V, 3) of the face's vertices before the turn, turn (3, 3), shift (3,), warp of the head)."""
        return self._places(points, self.weights(points))

    def _places(self, points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, SpaceWarp]:
        animator = self._animator
        seen = points[:FACE].astype(float)
        turn, scale, shift = self._moved(seen)
        goals = ((seen - animator.pivot - shift) @ turn) / scale + animator.pivot
        goals[:, 2] = self._rest[:, 2] + 0.5 * (goals[:, 2] - goals[STILL_POINTS, 2].mean()
                                                - self._rest[:, 2] + self._rest[STILL_POINTS, 2].mean())  # fmt: skip
        goals = animator.pivot + scale * (goals - animator.pivot)
        # Whatever the depth is, the landmarks lie where they are seen once the head is turned.
        depth = goals[:, 2] - animator.pivot[2]
        aside = seen[:, :2] - animator.pivot[:2] - shift[:2] - depth[:, None] * turn[:2, 2]
        goals[:, :2] = animator.pivot[:2] + aside @ np.linalg.inv(turn[:2, :2]).T
        # The head opens its lips itself: no smooth map of closed ones takes them apart.
        face = animator.face
        warp = SpaceWarp(landmarks_on(face.posed(weights)).astype(float), goals, SMOOTHING)
        return warp(face.posed(weights, animator.mesh.which)), turn, shift, warp

    def picture(self, points: np.ndarray, bare: bool = False) -> np.ndarray:
        """(H, W, 3) uint8 for landmarks (478, 3). bare: the warp alone, without mouth and lids."""
        animator = self._animator
        weights = self.weights(points)
        places, turn, shift, warp = self._places(points, weights)
        looks = (iris_places(points) - self._looks).mean(0)
        gaze = np.clip(looks[::-1] * 1.6, -GAZE_LIMIT, GAZE_LIMIT)
        return animator.picture_of(PosedFace(places, weights, turn, gaze, shift, warp, bare))

    def _moved(self, seen: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        """Turn, growth and shift about the neck that take the photo's still points to those seen."""
        pivot = self._animator.pivot
        a, b = self._rest[STILL_POINTS] - pivot, seen[STILL_POINTS] - pivot
        # The depth of the two trackings has no common middle.
        b[:, 2] += a[:, 2].mean() - b[:, 2].mean()
        middle_a, middle_b = a.mean(0), b.mean(0)
        u, singular, vt = np.linalg.svd((b - middle_b).T @ (a - middle_a))
        signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
        turn = (u * signs) @ vt
        scale = float((singular * signs).sum() / ((a - middle_a) ** 2).sum())
        return turn, scale, middle_b - scale * turn @ middle_a


def iris_places(points: np.ndarray) -> np.ndarray:
    """(2, 2) how far each iris is to the picture's right and down from the middle of its eye, in widths of the eye."""
    out = []
    for ring, iris in ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS)):
        one, other = points[ring[0], :2], points[ring[8], :2]
        out.append((points[iris, :2] - (one + other) / 2) / np.linalg.norm(one - other))
    return np.array(out)
