# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.numeric.rigid_fit import fit
from scipy.spatial.transform import Rotation


def test_a_turn_and_a_shift_are_found_again():
    points = np.random.default_rng(1).normal(size=(20, 3))
    turn, shift = Rotation.from_rotvec([0.3, -1.2, 0.5]).as_matrix(), np.array([0.1, 2.0, -3.0])
    fitted_turn, fitted_shift = fit(points, points @ turn.T + shift)
    assert fitted_turn == pytest.approx(turn, abs=1e-9)
    assert fitted_shift == pytest.approx(shift, abs=1e-9)


def test_a_mirror_image_is_not_taken_for_a_turn():
    points = np.random.default_rng(2).normal(size=(20, 3))
    turn, _ = fit(points, points * (-1, 1, 1))
    assert np.linalg.det(turn) == pytest.approx(1.0)
