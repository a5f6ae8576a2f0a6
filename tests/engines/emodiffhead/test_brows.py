# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows of EMOdiffhead follow the expression that was asked for, but where they are held."""

import numpy as np
from mien.channels import INDEX
from mien.direction import Direction
from mien.engines.emodiffhead.generate import draw_brows

OTHER = [INDEX["browOuterUpLeft"], INDEX["browInnerUp"]]


def test_a_brow_that_was_not_asked_for_comes_down_and_fast_motion_stays() -> None:
    frames = 200
    fast = 0.05 * np.sin(np.arange(frames) * 2 * np.pi / 5)  # 5 Hz at 25 frames a second
    motion = np.zeros((frames, 57))
    motion[:, OTHER] = 0.4 + fast[:, None]
    motion[:, INDEX["jawOpen"]] = 0.3
    wanted = np.zeros((frames, 52))
    wanted[:, OTHER[1]] = 0.4
    drawn = motion.copy()
    draw_brows(drawn, wanted, Direction())
    assert drawn[:, OTHER[0]].mean() < 0.5 * motion[:, OTHER[0]].mean()
    np.testing.assert_allclose(drawn[50:150, OTHER[1]], motion[50:150, OTHER[1]], atol=0.01)
    assert np.std(drawn[50:150, OTHER[0]]) > 0.9 * np.std(fast)
    np.testing.assert_array_equal(drawn[:, INDEX["jawOpen"]], motion[:, INDEX["jawOpen"]])


def test_held_brows_are_left_alone() -> None:
    motion = np.full((50, 57), 0.4)
    keys = {"browInnerUp": [[[0.0, 0.4], [2.0, 0.4]]]}
    drawn = motion.copy()
    draw_brows(drawn, np.zeros((50, 52)), Direction.from_json({"held": keys}))
    np.testing.assert_allclose(drawn, motion, atol=1e-9)
