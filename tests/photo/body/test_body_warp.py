# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from drawn_body import drawn_body, matte, picture
from mien.engines.diffted.key_points import index, rest_points, still_motion
from mien.engines.diffted.placed_motion import key_points
from mien.photo.body import layers
from mien.photo.body.arap import folded
from mien.photo.body.body_warp import BodyWarp, base_weights
from mien.photo.canvas import AT, SHARE

GRID = np.stack(np.meshgrid(np.linspace(0, 240, 41), np.linspace(0, 260, 45)), -1).reshape(-1, 2)


@pytest.fixture(scope="module")
def warp() -> BodyWarp:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "person_matte", lambda pixels, points: matte())
        made = layers.body_layers(picture(), np.zeros((478, 3)), drawn_body())
    warp = BodyWarp(made, rest_points(drawn_body()))
    warp.bind(GRID)
    return warp


def gestures(frames: int = 32) -> np.ndarray:
    """(F, 50, 2): both hands in circles as wide as they may be, and more."""
    motion = still_motion(np.zeros((frames, 3)))
    phase = np.linspace(0, 2 * np.pi, frames)
    motion.wrists[:, 0, :2] = np.stack([np.sin(phase), np.cos(phase)], 1)
    motion.wrists[:, 1, :2] = np.stack([-np.cos(phase), np.sin(phase)], 1)
    motion.chest[:, 0], motion.roll[:] = 0.2 * np.sin(phase), 0.2 * np.sin(phase)
    return key_points(motion, drawn_body())


def test_at_rest_every_vertex_is_where_it_was(warp) -> None:
    warp.pose(rest_points(drawn_body()))
    assert warp.still
    np.testing.assert_allclose(warp.carried(GRID), GRID, atol=1e-6)
    for block in warp.blocks().values():
        np.testing.assert_allclose(block[:, :2], block[:, AT], atol=1e-6)
        assert (block[:, SHARE] == 1).all()  # the photo's own pixels around the arm


def test_no_triangle_of_a_person_is_turned_over(warp) -> None:
    columns = 41
    corner = np.array([r * columns + c for r in range(44) for c in range(40)])
    squares = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + columns], 1),
            np.stack([corner + 1, corner + columns + 1, corner + columns], 1),
        ]
    )
    turned = total = 0
    for points in gestures():
        warp.pose(points)
        assert not folded(GRID, warp.carried(GRID), squares).any()
        warp.blocks()
        over, all_of_them = warp.folds()
        turned, total = turned + over, total + all_of_them
    assert total > 1000 and turned <= 0.001 * total


def test_a_hand_goes_where_its_key_points_go_and_stays_rigid(warp) -> None:
    points = gestures()[9]
    warp.pose(points)
    warp.blocks()
    arm = next(arm for arm in warp.arms if arm.name == "left arm")
    wrist, knuckle = index("left_hand", "wrist"), index("left_hand", "middle_knuckle")
    rest = rest_points(drawn_body())
    near = np.argmin(np.linalg.norm(arm.rest - rest[knuckle], axis=1))
    moved = arm.places[near] - arm.rest[near]
    np.testing.assert_allclose(moved, points[knuckle] - rest[knuckle], atol=2.5)
    assert np.linalg.norm(points[wrist] - rest[wrist]) > 10


def test_the_lower_end_of_the_body_stays(warp) -> None:
    weights = base_weights(np.array([[120.0, 262.0], [120.0, 60.0]]), rest_points(drawn_body()), 90.0)
    np.testing.assert_allclose(weights[0], [0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(weights[1], [1, 0, 0, 0], atol=1e-6)
