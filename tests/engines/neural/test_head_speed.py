# SPDX-License-Identifier: GPL-3.0-or-later
"""Heads that hardly nod, that tremble, and that do neither."""

import numpy as np
import pytest
from mien.engines.neural.head_speed import FAST, SHARE, fast_share, scale_fast_motion

T = np.arange(2000) / 100
FREE = np.ones((len(T), 1))


def head(fast: float) -> np.ndarray:
    """(2000, 3) radians: half a turn to and fro in 5 s, and so much of it three times a second."""
    return np.stack(
        [0.05 * (np.sin(2 * np.pi * 0.2 * T + i) + fast * np.sin(2 * np.pi * 3 * T + i)) for i in range(3)], 1
    )


@pytest.mark.parametrize("fast", [0.2, 0.5])
def test_a_head_has_peoples_share_of_fast_motion(fast: float) -> None:
    moved = scale_fast_motion(head(fast), FREE)
    assert fast_share(moved) == pytest.approx(SHARE, abs=0.02)
    assert abs(fast_share(head(fast)) - SHARE) > 0.02 and FAST == 1


def test_it_moves_as_far_as_before_and_stays_where_it_is_held() -> None:
    free = FREE.copy()
    free[800:1200] = 0
    moved = scale_fast_motion(head(1.0), free)
    np.testing.assert_array_equal(moved[800:1200], head(1.0)[800:1200])
    assert np.ptp(moved[:700], axis=0) == pytest.approx(np.ptp(head(0.4), axis=0), rel=0.2)
    assert np.abs(np.diff(moved[:700], axis=0)).max() < 0.6 * np.abs(np.diff(head(1.0)[:700], axis=0)).max()


def test_a_still_head_stays_still() -> None:
    assert not scale_fast_motion(np.zeros((300, 3)), np.ones((300, 1))).any()
    assert fast_share(np.zeros((1, 3))) == 0
