# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.body_tracking.pose import HEAT_SIDE, PoseNetwork, _refine
from mien.face_tracking.region import Region


def test_a_grey_picture_has_no_body() -> None:
    pose = PoseNetwork()(np.full((64, 80, 3), 128, np.uint8), Region(40, 32, 100, 100, 0.1))
    assert pose.presence < 0.5
    assert pose.points.shape == (33, 3) and pose.mask.shape == (64, 80)
    assert ((pose.visibility >= 0) & (pose.visibility <= 1)).all()


def test_a_heat_map_moves_its_point_and_a_cold_one_does_not() -> None:
    heat = np.full((HEAT_SIDE, HEAT_SIDE, 39), -50.0, np.float32)
    heat[20, 30, 0] = 10
    places = np.full((39, 2), 0.9)
    places[0] = [31.5 / HEAT_SIDE, 21.5 / HEAT_SIDE]
    _refine(places, heat)
    np.testing.assert_allclose(places[0], [30 / HEAT_SIDE, 20 / HEAT_SIDE], atol=1e-6)
    np.testing.assert_allclose(places[1:], 0.9)
