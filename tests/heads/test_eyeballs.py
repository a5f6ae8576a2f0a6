# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from default_head import HEAD, part
from mien.heads.eyeballs import Eyeball
from scipy.spatial.transform import Rotation

FORWARD = np.array([0.0, 0.0, 1.0])


def eye() -> tuple[Eyeball, np.ndarray]:
    directions = np.random.default_rng(3).normal(size=(40, 3))
    rest = (0.03, 0.16, 0.06) + 0.012 * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return Eyeball(rest, FORWARD), rest


def lids(centre: np.ndarray, upper: float, lower: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-0.01, 0.01, 4)
    return tuple(centre + np.stack([x, np.full(4, h), np.full(4, 0.01)], 1) for h in (upper, lower))


def test_the_ball_is_found_from_its_vertices():
    ball, _ = eye()
    assert ball.centre == pytest.approx([0.03, 0.16, 0.06])
    assert ball.radius == pytest.approx(0.012)


def test_the_ball_turns_with_the_vertices():
    ball, rest = eye()
    turn = Rotation.from_euler("y", 20, degrees=True).as_matrix()
    moved = (rest - ball.centre) @ turn.T + ball.centre
    positions, normals, _ = ball.place(moved, *lids(ball.centre, 0.005, -0.005))
    assert normals[0] == pytest.approx(turn @ FORWARD)  # vertex 0 is where the eye looks
    assert np.linalg.norm(positions - ball.centre, axis=1) == pytest.approx(0.012)


def test_lids_shade_the_eye_under_them():
    ball, rest = eye()
    wide = ball.place(rest, *lids(ball.centre, 0.008, -0.006))[2]
    shut = ball.place(rest, *lids(ball.centre, -0.005, -0.006))[2]
    assert wide[0] == pytest.approx(1.0)
    assert shut[0] < 0.2


def test_the_triangles_face_out():
    ball, _ = eye()
    a, b, c = (ball.directions[ball.triangles[:, i]] for i in range(3))
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c) > 0).all()


def test_the_eyeballs_go_through_the_eyes_and_look_ahead():
    for ball, anchors, side in zip(HEAD.eyeballs, HEAD.eye_anchors, (1, -1), strict=True):
        assert np.abs(np.linalg.norm(HEAD.vertices[anchors] - ball[:3], axis=1) - ball[3]).max() < 0.0003
        assert ball[0] * side > 0.02 and ball[6] > 0.99 and np.linalg.norm(ball[4:]) == pytest.approx(1, abs=1e-5)
        assert set(anchors) <= set(part("eyes"))
