# SPDX-License-Identifier: GPL-3.0-or-later
"""What white is in a photo's light."""

import numpy as np
from mien.photo.fit import fit_face
from mien.photo.light import linear, srgb, white_of
from rendered_faces import face


def test_white_is_brighter_in_a_brighter_photo() -> None:
    fitted = fit_face(face())
    dim = (face() * 0.5).astype(np.uint8)
    assert white_of(fitted, dim).mean() < white_of(fitted, face()).mean()


def test_srgb_there_and_back() -> None:
    values = np.linspace(0, 1, 50)
    assert np.allclose(srgb(linear(values)), values, atol=1e-6)
