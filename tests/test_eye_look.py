# SPDX-License-Identifier: GPL-3.0-or-later
"""A gaze turns both eyes the same way, by a weight of 1 at 30 degrees."""

import numpy as np
import pytest
from mien.channels import ARKIT
from mien.eye_look import CHANNELS, FULL, eye_look


def test_both_eyes_turn_the_same_way_and_thirty_degrees_are_full() -> None:
    weights = eye_look(np.array([[FULL, 0], [0, FULL / 2], [-FULL / 3, -2 * FULL]]))
    by_name = dict(zip(ARKIT, weights.T.tolist(), strict=True))
    assert by_name["eyeLookDownLeft"] == by_name["eyeLookDownRight"] == [1, 0, 0]
    assert by_name["eyeLookOutLeft"] == by_name["eyeLookInRight"] == [0, 0.5, 0]
    assert by_name["eyeLookUpLeft"] == pytest.approx([0, 0, 1 / 3])
    assert by_name["eyeLookInLeft"] == by_name["eyeLookOutRight"] == [0, 0, 1]
    assert weights.sum() == pytest.approx(weights[:, CHANNELS].sum())
