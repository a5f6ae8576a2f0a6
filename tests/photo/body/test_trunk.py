# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from drawn_body import drawn_body
from mien.photo.body.trunk import torso, torso_behind, trunk, upper_arms

WAIST, HIP = 190, 240  # rows


def bell(narrow: float = 40.0, wide: float = 60.0) -> np.ndarray:
    """(260, 240) float32: a torso about column 120, so many pixels to each side from the shoulders on and at the
    hips."""
    y, x = np.mgrid[:260, :240] + 0.5
    half = np.interp(y, [WAIST, HIP], [narrow, wide])
    return ((np.abs(x - 120) < half) & (y > 105)).astype(np.float32)


def test_a_trunk_is_its_torso_and_upper_arms() -> None:
    body = drawn_body()
    assert np.array_equal(trunk(body), np.maximum(torso(body), upper_arms(body)))
    assert torso(body, 0.5)[150, 120] == 1 and torso(body, 0.5)[220, 120] == 0
    assert upper_arms(body, 1.0)[168:178, 194].any() and not upper_arms(body)[168:178, 194].any()


@pytest.mark.parametrize("narrow", [50.0, 56.0])
def test_behind_an_arm_the_outline_goes_on_from_above_and_below(narrow: float) -> None:
    body, matte = drawn_body(), bell(narrow, 60.0)
    removed = np.zeros(matte.shape, bool)
    removed[205:225, 150:230] = True
    hidden = np.where(removed, 1, matte)  # the forearm is before it, and beyond
    told = torso_behind(body, hidden, removed)
    assert np.abs(told - matte)[205:225, 130:185].mean() < 0.03


def test_above_what_is_seen_the_outline_comes_to_the_line_of_the_joints() -> None:
    body, matte = drawn_body(), bell(45.0, 60.0)
    removed = np.zeros(matte.shape, bool)
    removed[100:230, 125:] = True
    told = torso_behind(body, np.where(removed, 1, matte), removed)
    widths = np.nansum(told[:, 120:], 1)
    assert np.isnan(told[120, 150])  # above the armpit nothing is said
    assert (np.diff(widths[190:230]) > -1e-3).all()
    assert widths[160] < 45 and widths[228] > 50


def test_a_side_of_which_no_row_is_seen_is_not_told() -> None:
    body, matte = drawn_body(), bell()
    removed = np.zeros(matte.shape, bool)
    removed[:, 130:] = True
    told = torso_behind(body, matte, removed)
    assert np.isnan(told[:, 160]).all()
    assert told[220, 100] == 1 and told[220, 55] == 0
