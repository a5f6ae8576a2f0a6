# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.body.skeleton import FINGERS, JOINTS, PARENTS, REST, SHOULDER_WIDTH, SIDES, finger_joints


def test_parents_come_first_and_there_is_one_root() -> None:
    assert [name for name in JOINTS if PARENTS[name] is None] == ["hips"]
    assert all(parent is None or JOINTS.index(parent) < JOINTS.index(name) for name, parent in PARENTS.items())


def test_sides_mirror_each_other() -> None:
    for name in JOINTS:
        if name.startswith("left_"):
            other = REST[name.replace("left_", "right_")]
            np.testing.assert_allclose(REST[name] * [-1, 1, 1], other)
            assert REST[name][0] > 0  # x is the body's own left
        elif not name.startswith("right_"):
            assert abs(REST[name][0]) < 1e-3


def test_a_grown_body_in_metres() -> None:
    assert 0.3 < SHOULDER_WIDTH < 0.4
    assert 0.55 < REST["head"][1] < 0.7 and -0.8 < REST["left_foot"][1] < -0.7
    assert REST["left_middle_proximal"][2] > REST["left_lower_arm"][2]  # z to the front: elbows are bent forward


def test_a_finger_has_three_joints_outwards() -> None:
    for side in SIDES:
        for finger in FINGERS:
            joints = finger_joints(side, finger)
            assert len(joints) == 3 and PARENTS[joints[0]] == f"{side}_hand" and PARENTS[joints[2]] == joints[1]
