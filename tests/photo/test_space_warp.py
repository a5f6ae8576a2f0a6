# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of space: points reach their goals, affine maps are exact, and what meets stays together."""

import numpy as np
from mien.photo.space_warp import SpaceWarp

RNG = np.random.default_rng(2)
POINTS = RNG.standard_normal((60, 3))


def test_points_reach_their_goals() -> None:
    goals = POINTS * 3 + 0.2 * np.sin(4 * POINTS)
    assert np.allclose(SpaceWarp(POINTS, goals)(POINTS), goals, atol=1e-3)


def test_an_affine_map_is_met_everywhere() -> None:
    matrix, shift = RNG.standard_normal((3, 3)), RNG.standard_normal(3)
    warp = SpaceWarp(POINTS, POINTS @ matrix.T + shift, smoothing=0.1)
    places = RNG.standard_normal((3000, 3)) * 5  # more than one block, and outside the points
    assert np.allclose(warp(places), places @ matrix.T + shift, atol=1e-3)


def test_points_of_little_weight_may_stay_farther() -> None:
    goals = POINTS.copy()
    goals[7] += (0.5, 0, 0)
    weights = np.ones(len(POINTS))
    weights[7] = 0.001
    firm, loose = SpaceWarp(POINTS, goals, 0.01), SpaceWarp(POINTS, goals, 0.01, weights)
    assert abs(firm(POINTS[7:8]) - goals[7]).max() < abs(loose(POINTS[7:8]) - goals[7]).max()
