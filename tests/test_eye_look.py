# SPDX-License-Identifier: GPL-3.0-or-later
"""A gaze turns both eyes the same way, by a weight of 1 at 30 degrees."""

import numpy as np
import pytest
from mien.channels import ARKIT
from mien.eye_look import CHANNELS, EYE_TURNS, FULL, eye_look, eyes_of_default_head
from mien.heads.default import load_head
from mien.heads.eyeballs import eye_of
from mien.numeric.rigid_fit import fit


def test_both_eyes_turn_the_same_way_and_thirty_degrees_are_full() -> None:
    weights = eye_look(np.array([[FULL, 0], [0, FULL / 2], [-FULL / 3, -2 * FULL]]))
    by_name = dict(zip(ARKIT, weights.T.tolist(), strict=True))
    assert by_name["eyeLookDownLeft"] == by_name["eyeLookDownRight"] == [1, 0, 0]
    assert by_name["eyeLookOutLeft"] == by_name["eyeLookInRight"] == [0, 0.5, 0]
    assert by_name["eyeLookUpLeft"] == pytest.approx([0, 0, 1 / 3])
    assert by_name["eyeLookInLeft"] == by_name["eyeLookOutRight"] == [0, 0, 1]
    assert weights.sum() == pytest.approx(weights[:, CHANNELS].sum())


def test_the_default_heads_eyes_look_where_they_should() -> None:
    down, up, aside = EYE_TURNS
    asked = np.array([[down, 0], [-up, 0], [0, aside], [0, -aside], [down / 2, aside / 2]])
    head = load_head()
    for side in ("left", "right"):
        eye, members = eye_of(head, side)
        for weights, (pitch, yaw) in zip(eyes_of_default_head(asked), asked, strict=True):
            turn, _ = fit(head.vertices[members].astype(float), head.pose(weights)[members].astype(float))
            x, y, z = turn @ np.array([0.0, 0.0, 1.0])
            np.testing.assert_allclose(np.degrees([-np.arcsin(y), np.arctan2(x, z)]), np.degrees([pitch, yaw]), atol=2)
