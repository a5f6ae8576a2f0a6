# SPDX-License-Identifier: GPL-3.0-or-later
"""Lids that are painted shut: skin over the iris, lashes taken away, and what is no lash left where it is."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from mien.face_tracking.landmark_indices import CHIN, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from mien.photo.fit import fit_face
from mien.photo.lids.lid_skin import BROWS, FOREHEAD, LIGHTER, _lit, covered_by_lid, shut_lids
from rendered_faces import face

EYES = 100.0  # pixels


def skin_with_an_eye() -> tuple[np.ndarray, np.ndarray]:
    """(part (80, 120, 3), opening (80, 120)): light skin, and an eye that is open over 40 x 12 pixels."""
    part = np.full((80, 120, 3), 200.0, np.float32)
    opening = np.zeros((80, 120), np.float32)
    opening[40:52, 40:80] = 1
    return part, opening


def test_shut_lids_hide_the_iris_and_the_rest_stays() -> None:
    fitted = fit_face(face())
    lids = shut_lids(fitted, face())
    for iris in (LEFT_IRIS, RIGHT_IRIS):
        x, y = fitted.points[iris, :2].astype(int)
        assert int(lids[y, x, :3].sum()) > int(face()[y, x].sum()) + 30
    assert np.array_equal(lids[130:170, :, :3], face()[130:170])


def test_lashes_are_covered_and_a_crease_and_the_rim_of_glasses_are_not() -> None:
    part, opening = skin_with_an_eye()
    part[32:40, 50:52] = 60  # a lash
    part[30:32, 30:90] = 120  # a crease
    part[22:27, 20:100] = 40  # the rim of glasses
    covered = covered_by_lid(part, opening, EYES)
    assert covered[34:40, 50:52].min() > 0.5
    assert covered[30:32, 60:80].max() < 0.2 and covered[22:27].max() < 0.2
    assert covered[45, 60] == 1


def test_the_lower_lashes_stay() -> None:
    part, opening = skin_with_an_eye()
    part[56:64, 55:57] = 60
    assert covered_by_lid(part, opening, EYES)[58:64].max() < 0.1


def outlined(at: tuple[float, float]) -> tuple[Any, np.ndarray]:
    """(a face that is upright, with cheeks at (90, 90), the outline (16, 2) of its eye around a place)."""
    points = np.full((478, 3), 90.0)
    points[FOREHEAD], points[CHIN] = (50, 0, 0), (50, 100, 0)
    turn = np.pi * (1 - np.arange(16) / 8)
    outline = at + np.stack([10 * np.cos(turn), -4 * np.sin(turn)], 1)
    return SimpleNamespace(points=points, eye_distance=60.0), outline


def test_a_lid_from_a_shaded_socket_gets_the_light_of_the_skin() -> None:
    picture = np.full((100, 100, 3), 200.0)
    picture[:60] = 100
    face, outline = outlined((50, 50))
    covered = np.zeros((40, 40))
    covered[15:25, 10:30] = 1
    factor = _lit(np.full((40, 40, 3), 120.0), covered, picture, face, outline)
    assert 1.15 < factor[20, 20, 0] <= LIGHTER[1] and factor[0, 0, 0] < 1.05
    bright = _lit(np.full((40, 40, 3), 220.0), covered, picture, face, outline)
    np.testing.assert_allclose(bright, 1)  # never darker


def test_a_lid_that_shimmers_above_the_lashes_shimmers_when_it_is_shut() -> None:
    picture = np.full((100, 100, 3), 120.0)
    face, outline = outlined((50, 50))
    covered = np.zeros((40, 40))
    covered[15:25, 10:30] = 1
    lid = np.full((40, 40, 3), 120.0)
    np.testing.assert_allclose(_lit(lid, covered, picture, face, outline), 1)
    picture[42:45, 42:58] = 156  # between lashes and crease
    factor = _lit(lid, covered, picture, face, outline)
    assert 1.2 < factor[20, 20, 0] <= 156 / 120 + 1e-6


def test_a_brow_that_lies_low_is_not_taken_for_lashes() -> None:
    fitted = fit_face(face())
    low = face().copy()
    points = fitted.points.copy()
    ring = points[list(RIGHT_EYE), :2]
    x, top = ring[:, 0].mean(), ring[:, 1].min()
    high = 0.09 * fitted.eye_distance
    brow = BROWS[0]
    across = np.r_[np.linspace(-15, 15, 5), np.linspace(15, -15, 5)]
    points[list(brow), 0] = x + across
    points[list(brow), 1] = top - high + np.r_[np.full(5, -2.0), np.full(5, 2.0)]
    hairs = slice(int(top - high - 2), int(top - high + 3))
    for column in range(int(x) - 12, int(x) + 13, 4):
        low[hairs, column] = 20
    lids = shut_lids(replace(fitted, points=points), low)
    kept = low[hairs, int(x) - 8 : int(x) + 9]
    np.testing.assert_allclose(lids[hairs, int(x) - 8 : int(x) + 9, :3].astype(int), kept, atol=40)
