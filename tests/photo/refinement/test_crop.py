# SPDX-License-Identifier: GPL-3.0-or-later
"""The square around a face: it follows the face and no expression, and what is added to it lands where it was cut."""

import numpy as np
import pytest
from mien.photo.animator import Animator
from mien.photo.refinement.crop import AREAS, SIDE, Square, activity, areas, square_around
from rendered_faces import face


@pytest.fixture(scope="module")
def rest() -> np.ndarray:
    with Animator(face()) as animator:
        return animator.mesh.rest_landmarks.astype(float)


def test_the_square_moves_and_grows_with_the_face(rest: np.ndarray) -> None:
    one = square_around(rest, rest)
    other = square_around(1.5 * rest + (10.0, 20.0, 0.0), rest)
    assert other.side == pytest.approx(1.5 * one.side)
    assert (other.left, other.top) == pytest.approx((1.5 * one.left + 10, 1.5 * one.top + 20))


def test_a_jaw_does_not_move_the_square(rest: np.ndarray) -> None:
    opened = rest.copy()
    opened[152] += (0, 30, 0)
    assert square_around(opened, rest) == square_around(rest, rest)


def test_what_is_added_lands_where_it_was_cut() -> None:
    picture = np.random.default_rng(0).integers(40, 200, (200, 240, 3)).astype(np.uint8)
    square = Square(30.25, 20.5, 128.0)
    change = np.zeros((SIDE, SIDE, 3))
    change[40:60, 50:80] = 0.1
    moved = square.add(picture, change).astype(int) - picture
    assert set(np.unique(moved[64:78, 84:106])) <= {25, 26}
    outside = np.ones(picture.shape[:2], bool)
    outside[58:84, 78:114] = False
    assert not moved[outside].any()


def test_nothing_added_is_the_same_picture() -> None:
    picture = np.full((64, 64, 3), 9, np.uint8)
    assert Square(4.0, 4.0, 40.0).add(picture, np.zeros((SIDE, SIDE, 3))) is picture


def test_a_square_over_the_edge_is_cut_and_added() -> None:
    picture = np.full((64, 80, 4), 100, np.uint8)
    picture[..., 3] = 255
    picture[:, :8] = 0
    square = Square(-20.0, 30.5, 60.0)
    assert (square.cut(picture)[5:20, 80:] == 100).all()
    added = square.add(picture, np.full((SIDE, SIDE, 3), 0.2))
    assert (added[40, 10:30, :3] == 151).all()
    assert np.array_equal(added[..., 3], picture[..., 3])
    assert not added[:, :8, :3].any()


def test_areas_end_at_their_outlines(rest: np.ndarray) -> None:
    square = square_around(rest, rest)
    opened = rest.copy()
    opened[[14, 87, 317, 88, 318, 178, 402]] += (0, 25, 0)
    made = dict(zip(AREAS, areas(opened, square), strict=True))
    assert made["face"].max() == 1 and made["face"][0].max() == 0
    assert made["mouth"].max() == pytest.approx(1, abs=0.1)
    x, y = (SIDE * square.of(opened)[[13, 14]].mean(0)).astype(int)
    assert made["mouth"][y, x] > 0.5 and made["eyes"][y, x] == 0


def test_a_photo_at_rest_is_quiet(rest: np.ndarray) -> None:
    assert activity(rest, rest) == 0
    moved = rest.copy()
    moved[152] += (0, 40, 0)
    assert activity(moved, rest) == 1
