# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.gaze import gaze
from tracks import track

OPEN = np.zeros(5)


def test_directions_have_the_signs_of_a_take() -> None:
    down = gaze(track(5, eyeLookDownLeft=0.5, eyeLookDownRight=0.5), OPEN)
    assert (down[:, 0] > 0.1).all()
    assert (down[:, 1] == 0).all()
    left = gaze(track(5, eyeLookOutLeft=0.5, eyeLookInRight=0.5), OPEN)
    assert (left[:, 1] > 0.1).all()  # to the head's left
    assert gaze(track(5, eyeLookInLeft=0.5, eyeLookOutRight=0.5), OPEN)[0, 1] == pytest.approx(-left[0, 1])


def test_behind_a_blink_the_eyes_go_straight_on() -> None:
    out = np.array([0.0, 0.0, 0.9, 0.4, 0.4])  # the third is what shut lids look like
    eyes = gaze(track(5, eyeLookOutLeft=out, eyeLookInRight=out), np.array([0, 0, 1, 0, 0]))
    assert eyes[2, 1] == pytest.approx((eyes[1, 1] + eyes[3, 1]) / 2)


def test_pictures_without_the_face_are_bridged() -> None:
    found = np.array([1, 0, 0, 0, 1], bool)
    eyes = gaze(track(5, found, eyeLookOutLeft=0.4, eyeLookInRight=0.4), OPEN)
    np.testing.assert_allclose(eyes, eyes[:1].repeat(5, 0))
    assert gaze(track(5), np.ones(5)).tolist() == [[0, 0]] * 5  # never seen
