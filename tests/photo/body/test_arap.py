# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.photo.body.arap import RigidMesh, folded


def strip() -> tuple[np.ndarray, np.ndarray]:
    """A strip of 3 x 13 vertices."""
    rest = np.stack(np.meshgrid(np.arange(13.0), np.arange(3.0)), -1).reshape(-1, 2)
    a = np.array([r * 13 + c for r in range(2) for c in range(12)])
    return rest, np.concatenate([np.stack([a, a + 1, a + 13], 1), np.stack([a + 1, a + 14, a + 13], 1)])


def test_a_turned_strip_is_turned_and_nothing_else() -> None:
    rest, triangles = strip()
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    goal = rest @ turn.T + [3, 4]
    np.testing.assert_allclose(RigidMesh(rest, triangles, np.ones(len(rest)))(goal), goal, atol=1e-9)


def test_a_bent_strip_folds_less_than_what_is_asked_for() -> None:
    rest, triangles = strip()
    asked = rest.copy()
    beyond = rest[:, 0] > 6
    asked[beyond] = (rest[beyond] - [6, 1]) @ np.array([[0.0, 1.0], [-1.0, 0.0]]) + [6, 1]  # a sharp quarter turn
    pull = np.where(np.abs(rest[:, 0] - 6) > 3, 1.0, 0.01)
    assert folded(rest, asked, triangles).any()
    assert not folded(rest, RigidMesh(rest, triangles, pull)(asked), triangles).any()


def test_a_mirrored_triangle_is_folded() -> None:
    rest, triangles = strip()
    assert folded(rest, rest * [-1, 1], triangles).all()
    assert not folded(rest, rest * 2, triangles).any()
