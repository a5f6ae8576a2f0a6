# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the mouth: teeth that are stiff, dark when shut, in the light of the photo."""

import numpy as np
from mien.photo.fit import fit_face
from mien.photo.mouth import Mouth, linear, srgb, white_of
from rendered_faces import face


def test_upper_teeth_stay_and_lower_ones_go_with_the_jaw() -> None:
    fitted = fit_face(face())
    mouth = Mouth(fitted, face())
    weights = np.zeros(52, np.float32)
    rest, shut = mouth.at(weights)
    weights[fitted.head.channels.index("jawOpen")] = 0.7
    moved, opened = mouth.at(weights)
    lower = np.r_[np.zeros(len(mouth.inside), bool), fitted.head.teeth_lower == 1]
    upper = np.r_[np.zeros(len(mouth.inside), bool), fitted.head.teeth_lower == 0]
    assert np.allclose(moved[upper], rest[upper], atol=1e-3)
    assert (moved[lower, 1] - rest[lower, 1]).mean() > 0.05 * fitted.eye_distance
    assert opened[upper].mean() > shut[upper].mean()


def test_white_is_brighter_in_a_brighter_photo() -> None:
    fitted = fit_face(face())
    dim = (face() * 0.5).astype(np.uint8)
    assert white_of(fitted, dim).mean() < white_of(fitted, face()).mean()


def test_srgb_there_and_back() -> None:
    values = np.linspace(0, 1, 50)
    assert np.allclose(srgb(linear(values)), values, atol=1e-6)
