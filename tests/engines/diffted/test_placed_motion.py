# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from drawn_body import drawn_body
from mien.engines.diffted.key_points import index, rest_points, still_motion
from mien.engines.diffted.placed_motion import FOREARM_LENGTH, FOREARM_TURN, key_points

FRAMES = 25


def waving(amount: float = 1.0):
    motion = still_motion(np.zeros((FRAMES, 3)))
    phase = np.linspace(0, 2 * np.pi, FRAMES)
    motion.wrists[:, 0, 1] = -amount * np.abs(np.sin(phase))
    motion.wrists[:, 1, 0] = -amount * np.sin(phase)
    motion.chest[:, 0] = 0.05 * np.sin(phase)
    return motion


def test_a_body_that_does_nothing_is_the_photo_s() -> None:
    body = drawn_body()
    points = key_points(still_motion(np.zeros((3, 3))), body)
    assert points.shape == (3, 50, 2)
    np.testing.assert_allclose(points, np.tile(rest_points(body), (3, 1, 1)), atol=1e-9)


def test_a_raised_hand_rises() -> None:
    body = drawn_body()
    points, rest = key_points(waving(0.3), body), rest_points(body)
    wrist = index("left_hand", "wrist")
    assert points[:, wrist, 1].min() < rest[wrist, 1] - 0.1 * body.shoulder_width


def test_bones_neither_turn_nor_shorten_more_than_a_photo_can_show() -> None:
    body = drawn_body()
    points, rest = key_points(waving(4.0), body, 1.5), rest_points(body)
    start, end = index("left_forearm", "start"), index("left_forearm", "end")
    old, new = rest[end] - rest[start], points[:, end] - points[:, start]
    ratio = np.linalg.norm(new, axis=1) / np.linalg.norm(old)
    angle = np.arctan2(old[0] * new[:, 1] - old[1] * new[:, 0], new @ old)
    assert FOREARM_LENGTH[0] - 1e-6 <= ratio.min() and ratio.max() <= FOREARM_LENGTH[1] + 1e-6
    assert np.abs(angle).max() <= FOREARM_TURN + 1e-6
    hand = np.linalg.norm(
        points[:, index("left_hand", "middle_knuckle")] - points[:, index("left_hand", "wrist")], axis=1
    )
    np.testing.assert_allclose(hand, hand[0])  # rigid


def test_no_amount_is_a_still_body() -> None:
    body = drawn_body()
    np.testing.assert_allclose(key_points(waving(), body, 0.0)[5], rest_points(body), atol=1e-9)


def test_nothing_jumps() -> None:
    body = drawn_body()
    steps = np.linalg.norm(np.diff(key_points(waving(0.6), body), axis=0), axis=2)
    assert steps.max() < 0.2 * body.shoulder_width


def test_a_hand_that_is_not_seen_goes_with_its_arm_alone() -> None:
    body = drawn_body(left=None)
    points, rest = key_points(waving(3.0), body), rest_points(body)
    wrist = index("left_forearm", "end")
    assert np.linalg.norm(points[:, wrist] - rest[wrist], axis=1).max() < 0.1 * body.shoulder_width


def test_a_turned_head_moves_its_nose() -> None:
    body = drawn_body()
    motion = still_motion(np.array([[0.0, 0.0, 0.0], [0.0, 0.3, 0.0]]))
    points = key_points(motion, body)
    nose = index("head", "nose")
    assert points[1, nose, 0] > points[0, nose, 0] + 1  # positive yaw is to the person's left
