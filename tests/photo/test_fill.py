# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling: what is known stays, what is not goes on smoothly from it."""

import numpy as np
from mien.photo.fill import filled


def test_known_pixels_stay_and_a_plain_colour_goes_on() -> None:
    pixels = np.full((37, 50, 3), (200, 100, 30), np.float32)
    known = np.ones((37, 50))
    known[10:30, 5:45] = 0
    broken = np.where(known[..., None] > 0, pixels, 0)
    result = filled(broken, known)
    assert np.allclose(result, pixels, atol=0.1)


def test_between_two_colours_it_is_between_them() -> None:
    pixels = np.zeros((32, 64, 1), np.float32)
    pixels[:, 40:] = 100
    known = np.zeros((32, 64))
    known[:, :8] = known[:, 56:] = 1
    row = filled(pixels, known)[16, :, 0]
    assert row[0] == 0
    assert row[60] == 100
    assert 0 < row[32] < 100
    assert row[20] < row[44]


def test_nothing_known_is_black() -> None:
    assert not filled(np.full((5, 7, 3), 9.0), np.zeros((5, 7))).any()
