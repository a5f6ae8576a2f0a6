# SPDX-License-Identifier: GPL-3.0-or-later
"""Eyes of a photo: irises that move, lids that are skin, and nothing painted elsewhere."""

from types import SimpleNamespace

import numpy as np
from mien.face_tracking.landmark_indices import LEFT_IRIS, RIGHT_IRIS
from mien.photo.eyes import CHEEKS, LIGHTER, Eyes, _lit
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


def test_shut_lids_hide_the_iris_and_the_rest_stays() -> None:
    fitted = fit_face(face())
    eyes = Eyes(fitted, face())
    for iris in (LEFT_IRIS, RIGHT_IRIS):
        x, y = fitted.points[iris, :2].astype(int)
        assert int(eyes.shut_lids[y, x, :3].sum()) > int(face()[y, x].sum()) + 30
    mouth = slice(130, 170)
    for painted in (eyes.shut_lids, eyes.open_eyes):
        assert np.array_equal(painted[mouth, :, :3], face()[mouth])


def test_a_lid_from_a_shaded_socket_gets_the_light_of_the_skin() -> None:
    picture = np.full((100, 100, 3), 200.0)
    face = SimpleNamespace(points=np.full((max(CHEEKS) + 1, 3), 90.0), eye_distance=60.0)
    covered = np.zeros((40, 40))
    covered[15:25, 10:30] = 1
    factor = _lit(np.full((40, 40, 3), 120.0), covered, picture, face)
    assert 1.15 < factor[20, 20, 0] <= LIGHTER[1] and factor[0, 0, 0] < 1.05
    bright = _lit(np.full((40, 40, 3), 220.0), covered, picture, face)
    np.testing.assert_allclose(bright, 1)  # never darker
