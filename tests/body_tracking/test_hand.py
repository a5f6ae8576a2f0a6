# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.body_tracking.hand import Hand, HandNetwork, own_region
from mien.face_tracking.region import Region


def upright_hand() -> np.ndarray:
    """(21, 3): a flat hand whose fingers point up, the wrist at (50, 90)."""
    points = np.zeros((21, 3))
    points[0] = [50, 90, 0]
    for finger in range(5):
        for joint in range(4):
            points[1 + 4 * finger + joint] = [34 + 8 * finger, 70 - 10 * joint, 0]
    return points


def test_the_region_of_a_hand_turns_with_it() -> None:
    points = upright_hand()
    upright = own_region(points)
    turned = points.copy()
    turned[:, :2] = np.stack([-points[:, 1], points[:, 0]], 1)  # a quarter clockwise as seen
    quarter = own_region(turned)
    assert abs(upright.angle) < 0.2
    np.testing.assert_allclose(quarter.angle - upright.angle, np.pi / 2, atol=1e-9)
    np.testing.assert_allclose(quarter.width, upright.width)


def test_fingers_are_known_only_where_two_readings_agree() -> None:
    points = upright_hand()
    assert Hand(points, 0.9, 1.0, 0.05).reliable
    assert not Hand(points, 0.999, 1.0, 0.3).reliable  # presence says nothing about the fingers
    assert not Hand(points, 0.2, 1.0, 0.05).reliable


def test_a_grey_picture_has_no_hand() -> None:
    read = HandNetwork().read(np.full((64, 64, 3), 128, np.uint8), Region(32, 32, 50, 50, 0))
    assert read.presence < 0.5
    assert not read.reliable
