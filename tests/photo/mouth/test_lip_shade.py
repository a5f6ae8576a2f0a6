# SPDX-License-Identifier: GPL-3.0-or-later
"""The shade of the upper lip begins at its edge, and is gone a little below it."""

import numpy as np
from mien.photo.canvas import OPACITY, POSITION
from mien.photo.mouth.lip_shade import DARKEST, LipShade

EYES = 100.0
LIP = np.stack([np.linspace(40, 60, 5), np.full(5, 70.0), np.zeros(5)], 1)


def test_it_hangs_from_the_lip_downwards_behind_it() -> None:
    shade = LipShade(5, (100, 120), EYES, np.array([0.0, 1.0]), 3)
    assert shade.part.count == 10 and shade.part.triangles.max() == 9
    block = shade.place(LIP, 0.5)
    top, bottom = block[:5, POSITION], block[5:, POSITION]
    assert np.allclose(top[:, :2], LIP[:, :2]) and (top[:, 2] > LIP[:, 2]).all()
    assert np.allclose(bottom[:, 0], top[:, 0])
    assert (bottom[:, 1] > top[:, 1] + 0.02 * EYES).all() and (bottom[:, 1] < top[:, 1] + 0.06 * EYES).all()
    assert (block[:, OPACITY] == 0.5).all()


def test_it_is_darkest_at_the_lip_and_runs_out() -> None:
    image = LipShade(5, (100, 120), EYES, np.array([0.0, 1.0]), 3).image
    assert not image[..., :3].any()
    alpha = image[:, 0, 3].astype(int)
    assert (np.diff(alpha) <= 0).all()
    assert abs(alpha[0] / 255 - DARKEST) < 0.02 and alpha[-1] <= 2
