# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction

import numpy as np
from mien.face_tracking.drawing import drawn, drawn_pictures
from rendered_faces import footage
from tracks import track


def black(count: int, shape: tuple[int, int] = (481, 641)) -> list[np.ndarray]:
    return [np.zeros((*shape, 3), np.uint8)] * count


def test_landmarks_are_drawn_where_they_are() -> None:
    points = track(1).points[0]
    picture = drawn(black(1)[0], points)
    marked = picture.any(-1)
    rows, columns = np.nonzero(marked)
    np.testing.assert_allclose([columns.min(), columns.max()], [points[:, 0].min(), points[:, 0].max()], atol=3)
    np.testing.assert_allclose([rows.min(), rows.max()], [points[:, 1].min(), points[:, 1].max()], atol=3)
    assert all(marked[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].any() for x, y in points[:, :2])


def test_a_picture_without_the_face_has_a_red_frame() -> None:
    picture = drawn(black(1)[0], None)
    assert (picture[0, :, 0] > 200).all()
    assert not picture[100:-100, 100:-100].any()


def test_sizes_become_even_and_the_original_stays() -> None:
    pictures = black(3)
    drawings = list(drawn_pictures(track(3), footage(pictures)))
    assert [drawing.shape for drawing in drawings] == [(482, 642, 3)] * 3
    assert not pictures[0].any()


def test_an_uneven_rate_is_drawn_at_an_even_one() -> None:
    times = [Fraction(0), Fraction(1, 25), Fraction(5, 25), Fraction(6, 25)]
    found = np.array([True, True, False, True])
    one = replace(track(4, found), times=tuple(times), length=Fraction(7, 25))
    drawings = list(drawn_pictures(one, footage(black(4), times)))
    lost = [bool((drawing[0, :, 0] > 200).all()) for drawing in drawings]
    assert lost == [False] * 5 + [True, False]
