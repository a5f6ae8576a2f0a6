# SPDX-License-Identifier: GPL-3.0-or-later
"""What white and the dark are in a photo's light."""

import numpy as np
from mien.face_tracking.landmark_indices import NOSE_TIP
from mien.numeric.srgb import linear
from mien.photo.fit import fit_face
from mien.photo.light import dark_of, white_of
from rendered_faces import face


def test_white_is_brighter_in_a_brighter_photo() -> None:
    fitted = fit_face(face())
    dim = (face() * 0.5).astype(np.uint8)
    assert white_of(fitted, dim).mean() < white_of(fitted, face()).mean()


def test_the_dark_is_that_of_the_nostrils_and_never_light() -> None:
    fitted = fit_face(face())
    hazy = (120 + face() * 0.5).astype(np.uint8)
    black = (np.maximum(face().astype(int) - 90, 0) * 1.5).clip(0, 255).astype(np.uint8)
    assert dark_of(fitted, black).mean() < dark_of(fitted, hazy).mean()
    assert dark_of(fitted, hazy).mean() < 0.2 * linear(hazy / 255).mean()


def test_white_has_little_of_the_skins_colour() -> None:
    white = white_of(fit_face(face()), (face() * [1.0, 0.8, 0.6]).astype(np.uint8))
    assert white[0] > white[2] > 0.55 * white[0]


def test_white_is_lighter_in_light_that_falls_hard() -> None:
    """As people's teeth are, over their cheeks, where the brightest skin is much lighter than these."""
    fitted = fit_face(face())
    lit = face().copy()
    x, y = fitted.points[NOSE_TIP, :2].astype(int)
    lit[y - 12 : y + 4, x - 5 : x + 6] = 250
    assert white_of(fitted, lit).mean() > 1.1 * white_of(fitted, face()).mean()
