# SPDX-License-Identifier: GPL-3.0-or-later
"""Eyes of a photo: irises that move, and nothing painted elsewhere."""

import numpy as np
from mien.face_tracking.landmark_indices import LEFT_IRIS
from mien.photo.eyes import Eyes
from mien.photo.fit import fit_face
from rendered_faces import face


def test_looking_aside_shows_pixels_from_the_other_side() -> None:
    fitted = fit_face(face())
    eyes = Eyes(fitted, face())
    assert np.array_equal(eyes.pixels_at(np.zeros(2)), eyes.rest[:, :2])
    moved = eyes.pixels_at(np.array([0.0, 0.3])) - eyes.rest[:, :2]
    near = np.linalg.norm(eyes.rest[:, :2] - fitted.points[LEFT_IRIS, :2], axis=1).argmin()
    assert moved[near, 0] < -0.02 * fitted.eye_distance  # to the head's left, which is the picture's right
    assert moved[:, 0].max() <= 1e-6


def test_eyes_go_on_behind_the_lids_and_the_rest_stays() -> None:
    eyes = Eyes(fit_face(face()), face())
    mouth = slice(130, 170)
    assert (eyes.open_eyes[..., :3] != face()).any()
    assert np.array_equal(eyes.open_eyes[mouth, :, :3], face()[mouth])
