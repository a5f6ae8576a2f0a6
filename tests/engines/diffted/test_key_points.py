# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from drawn_body import HAND_AT, PLACES, drawn_body
from mien.engines.diffted.key_points import (
    COUNT,
    GROUPS,
    index,
    limb,
    normalised,
    pixels,
    rest_points,
    rows,
    still_motion,
)


def test_ten_groups_of_five_have_names() -> None:
    assert len(GROUPS) == 10 and all(len(points) == 5 for points in GROUPS.values())
    named = [index(group, point) for group, points in GROUPS.items() for point in points]
    assert named == list(range(COUNT))
    assert rows("right_hand") == slice(45, 50)


def test_the_points_of_a_picture_lie_on_its_body() -> None:
    points = rest_points(drawn_body())
    np.testing.assert_allclose(points[index("left_upper_arm", "end")], PLACES[13])
    np.testing.assert_allclose(points[index("left_forearm", "end")], HAND_AT["left"])
    np.testing.assert_allclose(points[index("torso", "left_shoulder")], PLACES[11])


def test_a_hand_that_is_not_seen_goes_on_from_its_forearm() -> None:
    points = rest_points(drawn_body(right=None))
    elbow, wrist, knuckle = (
        points[index("right_forearm", "start")],
        points[index("right_forearm", "end")],
        points[index("right_hand", "middle_knuckle")],
    )
    along, beyond = wrist - elbow, knuckle - wrist
    assert abs(along[0] * beyond[1] - along[1] * beyond[0]) < 1e-6 * np.linalg.norm(along) * np.linalg.norm(beyond)
    assert along @ beyond > 0


def test_a_limb_has_points_beside_its_bone() -> None:
    points = limb(np.array([0.0, 0.0]), np.array([10.0, 0.0]), 3.0)
    np.testing.assert_allclose(points, [[0, 0], [5, 0], [10, 0], [5, 3], [5, -3]])


def test_the_paper_s_points_run_from_minus_one_to_one() -> None:
    size = (200, 100)
    np.testing.assert_allclose(normalised(np.array([[0.0, 0.0], [200.0, 50.0]]), size), [[-1, -1], [1, 0]])
    points = rest_points(drawn_body())
    np.testing.assert_allclose(pixels(normalised(points, size), size), points)


def test_a_still_motion_is_still() -> None:
    motion = still_motion(np.zeros((4, 3)))
    assert motion.frames == 4
    assert not motion.wrists.any() and not motion.chest.any()
