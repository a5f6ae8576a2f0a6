# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth of the person: ears and neck lie behind the face, and what is beside the head is smooth."""

import numpy as np
from mien.face_tracking.landmark_indices import CHIN, NOSE_TIP
from mien.photo.fit import fit_face
from mien.photo.relief import depth_at, neck_depth
from rendered_faces import face


def test_ears_and_neck_lie_behind_the_face() -> None:
    fitted = fit_face(face())
    eyes, points = fitted.eye_distance, fitted.points
    beside = [points[234, :2] - (0.2 * eyes, 0), points[454, :2] + (0.2 * eyes, 0)]
    below = points[CHIN, :2] + (0, 0.3 * eyes)
    nose, left, right, neck = depth_at(fitted, np.array([points[NOSE_TIP, :2], *beside, below]))
    assert min(left, right) > nose + 0.9 * eyes
    assert neck > nose + 0.6 * eyes


def test_beside_the_head_nothing_steps() -> None:
    fitted = fit_face(face())
    eyes = fitted.eye_distance
    heights = fitted.points[10, 1] + np.linspace(0, 1.5, 60) * eyes
    far = np.c_[np.full(60, fitted.points[234, 0] - 0.6 * eyes), heights]
    assert np.abs(np.diff(depth_at(fitted, far))).max() < 0.05 * eyes


def test_the_photos_own_channels_are_in_the_order_of_the_head() -> None:
    fitted = fit_face(face((("jawOpen", 0.5),)))
    own = fitted.own_weights
    assert own[fitted.head.channels.index("jawOpen")] > 0.2
    assert np.isclose(own.sum(), fitted.own.sum())


def test_hair_beside_the_neck_hangs_about_its_axis() -> None:
    fitted = fit_face(face())
    x, y = fitted.points[CHIN, :2]
    heights = np.c_[x + np.array([0.0, 0.9, -0.9]) * fitted.eye_distance, np.full(3, y)]
    front, *beside = neck_depth(fitted, heights)
    assert np.isclose(*beside)
    assert beside[0] > front + 0.3 * fitted.eye_distance
