# SPDX-License-Identifier: GPL-3.0-or-later
"""Eyes of a photo: irises that move, and nothing painted elsewhere."""

import numpy as np
from mien.face_tracking.landmark_indices import LEFT_IRIS
from mien.photo.eyes import GLINT_FOLLOWS, Eyes, _take_glints
from mien.photo.fit import fit_face
from rendered_faces import face


def test_looking_aside_shows_pixels_from_the_other_side() -> None:
    fitted = fit_face(face())
    eyes = Eyes(fitted, face())
    assert all(np.array_equal(pixels, eyes.rest[:, :2]) for pixels in eyes.pixels_at(np.zeros(2)))
    moved, glint = (pixels - eyes.rest[:, :2] for pixels in eyes.pixels_at(np.array([0.0, 0.3])))
    near = np.linalg.norm(eyes.rest[:, :2] - fitted.points[LEFT_IRIS, :2], axis=1).argmin()
    assert moved[near, 0] < -0.02 * fitted.eye_distance  # to the head's left, which is the picture's right
    assert moved[:, 0].max() <= 1e-6
    np.testing.assert_allclose(glint, GLINT_FOLLOWS * moved)  # the catch-light stays with its lamp


def test_eyes_go_on_behind_the_lids_and_the_rest_stays() -> None:
    eyes = Eyes(fit_face(face()), face())
    mouth = slice(130, 170)
    assert (eyes.open_eyes[..., :3] != face()).any()
    assert np.array_equal(eyes.open_eyes[mouth, :, :3], face()[mouth])


def test_a_catch_light_is_taken_out_of_the_iris_and_comes_back_over_it() -> None:
    picture = np.full((60, 60, 3), (60.0, 40.0, 30.0), np.float32)
    picture[24:27, 31:34] = 240
    before, glints = picture.copy(), np.zeros((60, 60, 4), np.float32)
    _take_glints(picture, glints, np.array([30.0, 30.0]), 12.0)
    assert np.abs(picture[24:27, 31:34] - (60, 40, 30)).max() < 12
    assert glints[25, 32, 3] > 180 and not glints[40:, :, 3].any()
    again = glints[..., :3] + picture * (1 - glints[..., 3:] / 255)
    np.testing.assert_allclose(again, before, atol=0.01)


def test_a_light_iris_is_no_catch_light() -> None:
    y, x = np.mgrid[:60, :60] + 0.5
    picture = np.where((np.hypot(x - 30, y - 30) < 12)[..., None], (170.0, 190.0, 210.0), 40.0).astype(np.float32)
    glints = np.zeros((60, 60, 4), np.float32)
    _take_glints(picture, glints, np.array([30.0, 30.0]), 12.0)
    assert not glints.any()
