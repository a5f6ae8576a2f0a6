# SPDX-License-Identifier: GPL-3.0-or-later
"""Which vertices of a mesh are the 68 landmarks, by its shape keys: they move as the default head's do. No bpy.

The mesh is laid on the default head by where each channel moves it (a similarity, Umeyama 1991); then each landmark is
the vertex that is near it and moves like it, so that an upper lip is not taken for the lower one that touches it.
"""

from collections.abc import Mapping

import numpy as np

LEAST_CHANNELS = 6  # below, a mesh cannot be laid on the head
ROUNDS = 4  # of the similarity, each time with less weight on channels that do not fit
NEAR, LIKE = 0.06, 0.06  # of the eye distance: tolerance of a place, and of the motion in one channel
EYES = (36, 45)


class LandmarksMissing(ValueError):
    """The landmarks of the mesh cannot be found; the message says why and what to do."""


def find(
    landmarks: np.ndarray,
    landmark_deltas: Mapping[str, np.ndarray],
    head: np.ndarray,
    head_deltas: Mapping[str, np.ndarray],
    mesh: np.ndarray,
    mesh_deltas: Mapping[str, np.ndarray],
) -> np.ndarray:
    """(68,) int32 vertices of the mesh.

    landmarks (68, 3) and landmark_deltas (68, 3) by channel, head (V, 3) and head_deltas (V, 3) of the default head;
    mesh (W, 3) and mesh_deltas (W, 3) by channel of the mesh, in its own axes and units. Raises LandmarksMissing where
    fewer than LEAST_CHANNELS are in both, or lie in one line.
    """
    common = [
        name for name in head_deltas if name in mesh_deltas and mesh_deltas[name].any() and head_deltas[name].any()
    ]
    if len(common) < LEAST_CHANNELS:
        raise LandmarksMissing(
            f"landmarks are found by shape keys like ARKit's, and {len(common)} move this mesh; {LEAST_CHANNELS} are "
            "needed. Bind it first, or give it a table under Driving."
        )
    places = np.array([centre(head, head_deltas[name]) for name in common])
    theirs = np.array([centre(mesh, mesh_deltas[name]) for name in common])
    scale, turn, shift = similarity(theirs, places)
    laid = scale * mesh @ turn.T + shift
    unit = float(np.linalg.norm(landmarks[EYES[0]] - landmarks[EYES[1]]))
    cost = ((landmarks[:, None] - laid[None]) ** 2).sum(-1) / (NEAR * unit) ** 2
    for name in common:
        largest = np.linalg.norm(head_deltas[name], axis=1).max()
        moved = mesh_deltas[name] @ turn.T
        moved = moved * (largest / np.linalg.norm(moved, axis=1).max())
        wanted = landmark_deltas[name]
        cost += ((wanted[:, None] - moved[None]) ** 2).sum(-1) / (LIKE * unit) ** 2
    return cost.argmin(1).astype(np.int32)


def centre(points: np.ndarray, deltas: np.ndarray) -> np.ndarray:
    """(3,) the middle of what a channel moves."""
    weights = (deltas**2).sum(1)
    return weights @ points / weights.sum()


def similarity(points: np.ndarray, places: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """(scale, rotation (3, 3), shift (3,)) with places (N, 3) ~ scale * rotation @ points + shift; outliers count less.
    Raises LandmarksMissing where the points lie in one line."""
    weights = np.ones(len(points))
    for _ in range(ROUNDS):
        share = weights / weights.sum()
        middle, other = share @ points, share @ places
        flat, moved = points - middle, places - other
        left, spread, right = np.linalg.svd((moved * share[:, None]).T @ flat)
        if spread[1] <= 1e-9 * max(spread[0], 1e-30):
            raise LandmarksMissing("the shape keys of this mesh move it in one place alone, so no face is found in it.")
        signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
        turn = (left * signs) @ right
        scale = float((spread * signs).sum() / (share @ (flat**2).sum(1)))
        shift = other - scale * turn @ middle
        distance = np.linalg.norm(scale * points @ turn.T + shift - places, axis=1)
        weights = 1 / np.maximum(distance, np.median(distance) + 1e-12)
    return scale, turn, shift
