# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.body.kinematics import HAND_BEND, STRAIGHT, curl, forward, palm_normal, reach
from mien.body.skeleton import FINGERS, JOINTS, PARENTS, REST, SIDES
from scipy.spatial.transform import Rotation

RNG = np.random.default_rng(5)


def as_joints(rotations: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    return np.stack(list(rotations.values()), 1), list(rotations)


def test_nothing_turned_is_the_rest_pose() -> None:
    places, turns = forward(np.zeros((2, 1, 3)), ("spine",))
    assert set(places) == set(JOINTS) and all(np.allclose(places[name], REST[name]) for name in JOINTS)
    assert all(np.allclose(turn.magnitude(), 0) for turn in turns.values())


def test_bones_keep_their_lengths() -> None:
    places, _ = forward(RNG.normal(0, 0.5, (4, len(JOINTS), 3)))
    for name, parent in PARENTS.items():
        if parent:
            length = np.linalg.norm(places[name] - places[parent], axis=1)
            np.testing.assert_allclose(length, np.linalg.norm(REST[name] - REST[parent]), atol=1e-9)


def test_children_turn_about_their_parent() -> None:
    joints = np.zeros((1, 1, 3))
    joints[0, 0] = 0, 0, np.pi / 2  # the chest falls to the body's right
    places, _ = forward(joints, ("hips",))
    np.testing.assert_allclose(places["head"][0, 0], -(REST["head"] - REST["hips"])[1], atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_a_wrist_comes_where_it_is_wanted_and_the_palm_looks_there(side: str) -> None:
    sign = 1 if side == "left" else -1
    goals = np.array([[sign * 0.1, 0.2, 0.3], [sign * 0.3, 0.4, 0.3], [sign * 0.2, 0.1, 0.25]])
    shoulder = np.tile(REST[f"{side}_upper_arm"], (3, 1))
    hand, palm = np.tile([0, 0, 1.0], (3, 1)), np.tile([-sign, 0, 0.0], (3, 1))
    joints, names = as_joints(reach(side, shoulder, Rotation.identity(3), goals, hand, palm))
    places, turns = forward(joints, names)
    np.testing.assert_allclose(places[f"{side}_hand"], goals, atol=1e-9)
    assert (places[f"{side}_lower_arm"][:, 1] < places[f"{side}_upper_arm"][:, 1]).all()  # elbows hang
    assert np.linalg.norm(joints[:, 2], axis=1).max() <= HAND_BEND + 1e-9
    assert (turns[f"{side}_hand"].apply(palm_normal(side)) @ [-sign, 0, 0] > 0.6).all()


def test_a_goal_out_of_reach_is_approached_by_an_arm_that_is_not_quite_straight() -> None:
    shoulder, goal = REST["left_upper_arm"][None], np.array([[0.3, 0.5, 3.0]])
    along = np.array([[0, 0, 1.0]])
    rotations = reach("left", shoulder, Rotation.identity(1), goal, along, np.array([[-1.0, 0, 0]]))
    places, _ = forward(*as_joints(rotations))
    length = np.linalg.norm(REST["left_lower_arm"] - REST["left_upper_arm"])
    length += np.linalg.norm(REST["left_hand"] - REST["left_lower_arm"])
    found = np.linalg.norm(places["left_hand"][0] - shoulder[0])
    assert found == pytest.approx(STRAIGHT * length)


@pytest.mark.parametrize("side", SIDES)
def test_fingers_curl_towards_the_palm(side: str) -> None:
    places, _ = forward(*as_joints(curl(side, {finger: np.full(1, 0.5) for finger in FINGERS})))
    for finger in FINGERS[1:]:
        moved = places[f"{side}_{finger}_distal"][0] - REST[f"{side}_{finger}_distal"]
        assert moved @ palm_normal(side) > 0.005  # m
