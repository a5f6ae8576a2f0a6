# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.engines.diffted.body_motion import body_motion, posed

REST = {
    "hips": (0, 0, 0), "chest": (0, 0.4, 0),
    "left_upper_arm": (0.2, 0.45, 0), "left_lower_arm": (0.2, 0.15, 0), "left_hand": (0.2, -0.1, 0),
    "right_upper_arm": (-0.2, 0.45, 0), "right_lower_arm": (-0.2, 0.15, 0), "right_hand": (-0.2, -0.1, 0),
}  # fmt: skip
PARENTS = {
    "hips": None, "chest": "hips",
    "left_upper_arm": "chest", "left_lower_arm": "left_upper_arm", "left_hand": "left_lower_arm",
    "right_upper_arm": "chest", "right_lower_arm": "right_upper_arm", "right_hand": "right_lower_arm",
}  # fmt: skip
NAMES = list(REST)
FRAMES = 40


def joints(name: str, turn: tuple[float, float, float]) -> np.ndarray:
    """(40, 8, 3): one joint turned in the last ten frames."""
    values = np.zeros((FRAMES, len(NAMES), 3))
    values[-10:, NAMES.index(name)] = turn
    return values


def test_bones_keep_their_length_and_children_follow() -> None:
    places, _ = posed(joints("left_upper_arm", (0, 0, np.pi / 2)), NAMES, PARENTS, REST)
    np.testing.assert_allclose(places["left_hand"][0], REST["left_hand"], atol=1e-12)
    # An arm that hangs, turned a quarter about the axis to the front, points to the body's left.
    np.testing.assert_allclose(places["left_hand"][-1], [0.75, 0.45, 0], atol=1e-12)


def test_a_bent_elbow_moves_one_wrist_up_and_to_the_camera() -> None:
    motion = body_motion(joints("left_lower_arm", (-np.pi / 2, 0, 0)), NAMES, PARENTS, REST, np.zeros((FRAMES, 3)), 25)
    left, right = motion.wrists[-1]
    assert left[1] < -0.5 and left[2] < -0.5  # up and near, in a picture's axes and shoulder widths
    np.testing.assert_allclose(right, 0, atol=1e-9)
    np.testing.assert_allclose(motion.chest, 0, atol=1e-9)
    assert np.abs(motion.wrists[:30]).max() < 1e-9  # at rest where it does nothing


def test_a_chest_that_leans_takes_shoulders_along() -> None:
    motion = body_motion(joints("hips", (0, 0, -0.1)), NAMES, PARENTS, REST, np.zeros((FRAMES, 3)), 25)
    assert motion.chest[-1, 0] > 0.05  # to the person's left
    assert motion.roll[-1] > 0.05  # clockwise as seen
