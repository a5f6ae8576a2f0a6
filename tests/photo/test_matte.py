# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a photo: one over the other they are the photo, and alpha is kept."""

import numpy as np
from mien.photo.fit import fit_face
from mien.photo.matte import layers_of, oval_mask, person_matte
from rendered_faces import face


def test_person_over_background_is_the_photo() -> None:
    picture = face()
    layers = layers_of(picture, fit_face(picture).points)
    person = layers.person.astype(float)
    over = person[..., :3] + layers.background[..., :3] * (1 - person[..., 3:] / 255)
    assert np.abs(over - picture).max() <= 2


def test_the_face_is_all_person() -> None:
    picture = face()
    points = fit_face(picture).points
    matte = person_matte(picture, points)
    inside = oval_mask(points, picture.shape[:2]) == 1
    assert matte is None or (matte[inside] == 1).all()


def test_a_photos_own_alpha_cuts_it_out() -> None:
    picture = face()
    alpha = np.zeros((*picture.shape[:2], 1), np.uint8)
    alpha[20:170, 40:150] = 255
    layers = layers_of(np.concatenate([picture, alpha], 2), fit_face(picture).points)
    assert layers.cut
    assert not layers.background.any()
    assert (layers.person[..., 3:] == alpha).all()
    assert not layers.person[:20].any()
