# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a picture is found again where it was moved to, whatever lies over some of it."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_body import drawn_body, picture
from mien.evaluation.films.registration import registered, torso_motion
from scipy.ndimage import gaussian_filter, map_coordinates


@pytest.fixture(scope="module")
def cloth() -> np.ndarray:
    return gaussian_filter(np.random.default_rng(3).normal(0, 1, (160, 140)), 3) * 400 + 128


def moved(picture: np.ndarray, similarity: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    back = np.linalg.inv(np.vstack([similarity, [0, 0, 1]]))
    at = back[:2] @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return map_coordinates(picture, [at[1] - 0.5, at[0] - 0.5], order=3, mode="reflect").reshape(picture.shape)


def test_a_turn_a_growth_and_a_shift_are_found(cloth) -> None:
    true = np.array(
        [[1.02 * np.cos(0.05), -1.02 * np.sin(0.05), 6.0], [1.02 * np.sin(0.05), 1.02 * np.cos(0.05), -8.0]]
    )
    part = np.zeros(cloth.shape, bool)
    part[40:120, 30:110] = True
    other = moved(cloth, true)
    other[60:75, 40:60] = 255.0  # a hand before it
    found = registered(cloth, other, part, np.eye(2, 3))
    corners = np.array([[30.0, 40, 1], [110, 40, 1], [30, 120, 1]])
    np.testing.assert_allclose(corners @ found.T, corners @ true.T, atol=0.3)


def test_what_cannot_be_found_stays_where_it_was_said_to_be(cloth) -> None:
    start = np.array([[1.0, 0, 2], [0, 1, 3]])
    nothing = np.zeros(cloth.shape, bool)
    assert registered(cloth, cloth, nothing, start) is start
    flat = np.full_like(cloth, 90.0)
    whole = ~nothing
    np.testing.assert_allclose(registered(flat, flat, whole, start), start, atol=1e-6)


def test_a_torso_is_registered_and_plain_cloth_stays_with_its_joints() -> None:
    body = drawn_body()
    moved_body = replace(body, points=body.points + [3.0, -2.0, 0.0])
    texture = np.random.default_rng(1).normal(0, 25, (*body.mask.shape, 1))
    first = np.clip(picture() + gaussian_filter(texture, (2, 2, 0)) * 4, 0, 255).astype(np.uint8)
    chest = np.array([*body.points[[11, 12], :2].mean(0), 1.0])
    shifted = np.roll(first, (-1, 2), (0, 1))
    np.testing.assert_allclose(torso_motion((first, shifted), body, moved_body) @ chest, chest[:2] + [2, -1], atol=0.5)
    plain = np.full_like(first, 120)
    np.testing.assert_allclose(torso_motion((plain, plain), body, moved_body) @ chest, chest[:2] + [3, -2], atol=1e-6)
