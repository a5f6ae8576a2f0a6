# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.diffted.arm_paths import FROM_MIDDLE, LOWEST, NEAREST, arm_paths
from mien.engines.diffted.denoiser.motion_space import END, FPS, HAND, SIZE, ends_of, mirrored, numbers_of, paths_of
from mien.engines.diffted.strokes import Stroke

STROKES = [
    Stroke(1.0, 1.6, 2.03, 2.4, 3.3, "right", "open palm", 0.4, 2.0, 0.3, 0.2),
    Stroke(3.6, 4.2, 4.71, 5.0, 6.0, "left", "beat", 0.5, 4.7, 0.1, 0.4),
]
TIMES = np.arange(0, 7, 1 / FPS)


def numbers() -> np.ndarray:
    return numbers_of(arm_paths(STROKES, TIMES, 1.0, "both", np.random.default_rng(0)), STROKES, TIMES)


def test_numbers_become_the_paths_that_they_were() -> None:
    clock = np.arange(0, 6.9, 0.01)
    wanted = arm_paths(STROKES, clock, 1.0, "both", np.random.default_rng(0))
    found = paths_of(numbers(), clock)
    for side in ("left", "right"):
        assert np.abs(found[side].wrist - wanted[side].wrist).max() < 0.01  # shoulder widths
        assert np.abs(found[side].palm - wanted[side].palm).max() < 0.03
        assert np.abs(found[side].curls["index"] - wanted[side].curls["index"]).max() < 0.02


def test_a_stroke_s_end_is_found_between_frames() -> None:
    assert ends_of(numbers()) == pytest.approx((2.03, 4.71), abs=0.01)
    assert ends_of(np.zeros((20, SIZE))) == ()


def test_the_mirror_changes_hands_and_twice_nothing() -> None:
    one = numbers()
    assert np.ptp(one[:75, HAND + END]) > 0.9 > 0.1 > np.ptp(one[:75, END])  # the right hand's stroke comes first
    np.testing.assert_array_equal(mirrored(one)[:, :HAND], one[:, HAND:])
    np.testing.assert_array_equal(mirrored(mirrored(one)), one)


def test_no_numbers_bring_a_hand_into_the_body() -> None:
    wild = np.random.default_rng(1).normal(0, 3, (50, SIZE))
    for side, path in paths_of(wild, np.arange(0, 1.9, 0.01)).items():
        aside = path.wrist[:, 0] if side == "left" else -path.wrist[:, 0]
        assert aside.min() >= FROM_MIDDLE and path.wrist[:, 1].min() >= LOWEST and path.wrist[:, 2].min() >= NEAREST
        np.testing.assert_allclose(np.linalg.norm(path.hand, axis=1), 1)


def test_a_moment_has_paths_too() -> None:
    assert paths_of(numbers()[:2], np.arange(0, 0.04, 0.01))["left"].wrist.shape == (4, 3)
