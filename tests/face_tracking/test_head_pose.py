# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.head_pose import PICTURE_AXES, fit_pose
from mien.heads.default import rotation_matrix


def turned(angles: tuple[float, float, float]) -> np.ndarray:
    """The canonical face turned as a Take says, 12 pixels a cm, in the middle of a picture."""
    matrix = PICTURE_AXES[:, None] * rotation_matrix(np.array(angles)) * PICTURE_AXES
    return 12 * (canonical_face().points * PICTURE_AXES) @ matrix.T + [320, 240, 5]


@pytest.mark.parametrize("angles", [(0, 0, 0), (0.3, 0, 0), (0, -0.5, 0), (0, 0, 0.7), (0.2, 0.4, -0.3)])
def test_the_pose_that_was_put_in_comes_out(angles) -> None:
    pose = fit_pose(turned(angles))
    np.testing.assert_allclose(pose.head_rotation, angles, atol=1e-9)
    assert pose.scale == pytest.approx(12)
    np.testing.assert_allclose(pose.shift, [320, 240, 5], atol=1e-9)


def test_many_faces_are_fitted_at_once() -> None:
    angles = [(0.1, 0.2, 0.3), (-0.2, 0.1, 0)]
    pose = fit_pose(np.stack([turned(a) for a in angles]))
    np.testing.assert_allclose(pose.head_rotation, angles, atol=1e-9)


def test_without_pose_and_with_pose_undo_each_other() -> None:
    points = turned((0.1, -0.3, 0.2))
    pose = fit_pose(points)
    np.testing.assert_allclose(pose.without_pose(points), canonical_face().points * PICTURE_AXES, atol=1e-9)
    np.testing.assert_allclose(pose.with_pose(pose.without_pose(points)), points, atol=1e-9)


def test_expressions_hardly_turn_the_head() -> None:
    points = turned((0.1, 0.2, 0))
    points[[13, 14, 17, 0, 152]] += [0, 25, 0]  # jaw and lips weigh nothing or little
    np.testing.assert_allclose(fit_pose(points).head_rotation, (0.1, 0.2, 0), atol=0.06)


def test_no_mirror_image_is_taken_for_a_turn() -> None:
    turn = fit_pose(turned((0.2, 0.1, 0)) * [1, 1, -1]).turn
    assert np.linalg.det(turn) == pytest.approx(1)
