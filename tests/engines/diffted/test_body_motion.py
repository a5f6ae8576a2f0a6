# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.body.skeleton import JOINTS
from mien.engines.diffted.body_motion import body_motion

FRAMES = 40


def motion_of(name: str, turn: tuple[float, float, float]):
    """The body's motion when one joint is turned in the last ten of 40 frames."""
    values = np.zeros((FRAMES, len(JOINTS), 3))
    values[-10:, JOINTS.index(name)] = turn
    return body_motion(values, JOINTS, np.zeros((FRAMES, 3)), 25)


def test_a_bent_elbow_moves_one_wrist_up_and_to_the_camera() -> None:
    motion = motion_of("left_lower_arm", (-1.2, 0, 0))
    left, right = motion.wrists[-1]
    assert left[1] < -0.3  # up, in a picture's axes and shoulder widths
    np.testing.assert_allclose(right, 0, atol=1e-9)
    np.testing.assert_allclose(motion.chest, 0, atol=1e-9)
    assert np.abs(motion.wrists[:30]).max() < 1e-9  # at rest where it does nothing


def test_a_chest_that_leans_takes_shoulders_along() -> None:
    motion = motion_of("hips", (0, 0, -0.1))
    assert motion.chest[-1, 0] > 0.05  # to the person's left
    assert motion.roll[-1] > 0.05  # clockwise as seen


def test_joints_that_are_not_named_rest() -> None:
    motion = body_motion(np.zeros((FRAMES, 1, 3)), ("spine",), np.full((FRAMES, 3), 0.2), 25)
    assert np.abs(motion.wrists).max() < 1e-9 and (motion.head == 0.2).all()
