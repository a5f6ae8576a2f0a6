# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
from mien.engines.personatalk.references.choice import BLOCK, choose_references, is_profile
from mien.face_tracking.head_pose import HeadPose
from mien.heads.default import rotation_matrix
from talkers import talker


def test_few_frames_are_all_taken() -> None:
    allowed = np.arange(50) % 2 == 0
    chosen = choose_references(allowed, np.zeros((50, 12)), np.zeros((50, 3)))
    np.testing.assert_array_equal(chosen, np.flatnonzero(allowed))


def test_of_many_the_unlike_are_taken_in_runs() -> None:
    rng = np.random.default_rng(0)
    mouth = rng.normal(0, 0.001, (400, 12))
    mouth[200:210] += 0.2  # a short moment that nothing else is like
    chosen = choose_references(np.ones(400, bool), mouth, np.zeros((400, 3)), most=60)
    assert len(chosen) <= 60 and set(range(200, 210)) <= set(chosen.tolist())
    assert (np.diff(chosen) == 1).mean() > 0.8 and BLOCK > 1


def test_a_profile_is_seen() -> None:
    shapes = talker(30).shapes
    yaw = np.zeros((30, 3))
    yaw[5, 1], yaw[6, 1] = np.radians(60), np.radians(-40)
    axes = np.diag([1.0, -1.0, -1.0])
    turned = replace(shapes, pose=HeadPose(axes @ rotation_matrix(yaw) @ axes, shapes.pose.scale, shapes.pose.shift))
    assert np.flatnonzero(is_profile(turned)).tolist() == [5]
