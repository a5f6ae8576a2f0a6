# SPDX-License-Identifier: GPL-3.0-or-later
"""The tracker's landmarks on the head: where they are on a face, left and right alike, lips and lids on their rims."""

import numpy as np
from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.landmark_indices import INNER_LIPS, LEFT_EYE, RIGHT_EYE
from mien.heads.default import load_head
from mien.photo.head_landmarks import landmark_places, landmarks_on, lid_chain


def test_they_lie_as_on_the_canonical_face() -> None:
    points, canonical = landmarks_on(load_head().vertices), canonical_face().points
    for axis, least in enumerate((0.97, 0.97, 0.85)):  # the head is deeper than the canonical face is
        assert np.corrcoef(points[:, axis], canonical[:, axis])[0, 1] > least


def test_lips_and_lids_are_vertices_of_their_rims() -> None:
    head = load_head()
    vertices, weights = landmark_places()
    ring = list(INNER_LIPS)
    assert (weights[ring, 0] == 1).all()
    assert np.isin(vertices[ring, 0], head.inner_lips).all()
    for side, eye in (("left", LEFT_EYE), ("right", RIGHT_EYE)):
        chains = np.concatenate([lid_chain(head, side, upper) for upper in (True, False)])
        assert np.isin(vertices[list(eye), 0], chains).all()


def test_lids_run_from_corner_to_corner() -> None:
    head = load_head()
    for side in ("left", "right"):
        upper, lower = (lid_chain(head, side, up) for up in (True, False))
        assert (upper[0], upper[-1]) == (lower[0], lower[-1])
        assert (np.diff(head.vertices[upper, 0]) > 0).all()
        assert head.vertices[upper[1:-1], 1].mean() > head.vertices[lower[1:-1], 1].mean()
