# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh whose object was turned by an importer is moved along its own axes."""

import numpy as np
import pytest

from addon.shape_keys.mesh_axes import BLENDER, HEAD, axes_of, to_mesh

HEAD_POINTS = np.random.default_rng(3).normal(0, (0.05, 0.09, 0.07), (400, 3)).astype(np.float32)  # y up, z forward


def motion(low: float) -> np.ndarray:
    """(2, V, 3) of what lies in front, lower or higher; downwards, and a little forward."""
    near = np.linalg.norm(HEAD_POINTS - (0.0, low, 0.1), axis=1) < 0.08
    return np.stack([near[:, None] * np.array([[0.0, -0.01, 0.0]]), near[:, None] * np.array([[0.0, 0.0, 0.004]])])


@pytest.mark.parametrize("low", [-0.06, 0.0, 0.02], ids=["the jaw", "the middle", "the brows"])
@pytest.mark.parametrize("axes", [BLENDER, HEAD], ids=["z up", "y up"])
def test_what_moves_is_in_front(axes: np.ndarray, low: float) -> None:
    moved = motion(low)
    assert axes_of(HEAD_POINTS @ axes, moved) is axes
    np.testing.assert_allclose(to_mesh(HEAD_POINTS @ axes, moved), moved @ axes, atol=1e-7)


def test_in_blenders_axes_down_is_minus_z_and_forward_minus_y() -> None:
    np.testing.assert_array_equal(
        np.array([[0, -1, 0], [0, 0, 1], [1, 0, 0]]) @ BLENDER, [[0, 0, -1], [0, -1, 0], [1, 0, 0]]
    )


def test_where_nothing_moves_it_is_blenders() -> None:
    assert axes_of(HEAD_POINTS, np.zeros((0, 400, 3), np.float32)) is BLENDER
    assert axes_of(HEAD_POINTS, np.zeros((5, 400, 3), np.float32)) is BLENDER
