# SPDX-License-Identifier: GPL-3.0-or-later
"""Between closed lips nothing light is left that would be drawn out as they part, and the rest of the photo stays."""

import numpy as np
from mien.face_tracking.landmark_indices import LOWER_LIP, UPPER_LIP
from mien.photo.fit import fit_face
from mien.photo.mouth.lip_line import bare_lips
from rendered_faces import face

TOOTH = (225, 220, 205)


def test_a_glimpse_of_teeth_becomes_lip() -> None:
    fitted = fit_face(face())
    picture = face().copy()
    x, y = fitted.points[[UPPER_LIP, LOWER_LIP], :2].mean(0).astype(int)
    picture[y, x - 6 : x + 6] = TOOTH
    bare = bare_lips(fitted, picture)
    assert bare[y, x].astype(int).sum() < sum(TOOTH) - 150
    assert np.array_equal(bare[: y - 12], picture[: y - 12]) and np.array_equal(bare[y + 12 :], picture[y + 12 :])


def test_teeth_in_the_shade_and_the_dark_between_two_become_lip() -> None:
    fitted = fit_face(face())
    picture = face().copy()
    x, y = fitted.points[[UPPER_LIP, LOWER_LIP], :2].mean(0).astype(int)
    lip = picture[y + 6, x].astype(int)
    shaded = int(0.8 * lip.mean())
    picture[y, x - 6 : x + 6] = shaded
    picture[y, x - 1 : x + 1] = 20
    bare = bare_lips(fitted, picture)[y, x - 4 : x + 4].astype(int)
    assert (bare[:, 0] - bare[:, 2] > 0.4 * (lip[0] - lip[2])).all()  # red again
    assert bare.mean(1).min() > 60


def test_grey_lips_are_left_alone() -> None:
    grey = np.repeat(face().mean(2, keepdims=True).astype(np.uint8), 3, 2)
    assert np.array_equal(bare_lips(fit_face(face()), grey), grey)
