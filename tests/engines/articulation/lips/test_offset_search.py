# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.articulation.lips.offset_search import LEAST, least_correlation, lip_correlation, search_offset
from scipy.ndimage import gaussian_filter1d

FRAME = 0.04
CURVE = gaussian_filter1d(np.random.default_rng(0).normal(size=1000), 6)
TIMES = np.arange(200) * FRAME + 1


def lips(late: float) -> np.ndarray:
    """Of a sound that is so late."""
    return np.interp((TIMES + late) * 100, np.arange(1000), CURVE)


@pytest.mark.parametrize("late", [-0.2, 0.0, 0.1, 0.13])
def test_a_late_sound_is_found_between_pictures(late: float) -> None:
    tried = search_offset(CURVE[None], TIMES, lips(late), FRAME, 8)
    assert tried.between == pytest.approx(late, abs=0.005)
    assert abs(tried.offsets[tried.best] - late) <= FRAME / 2 + 1e-9
    assert tried.correlations[tried.best] > 0.9 > tried.enough and not tried.at_an_end


def test_a_sound_that_is_farther_off_ends_at_an_end() -> None:
    tried = search_offset(CURVE[None], TIMES, lips(0.24), FRAME, 5)
    assert tried.at_an_end and tried.between == tried.offsets[-1]


def test_what_says_nothing_correlates_with_nothing() -> None:
    assert lip_correlation(CURVE[None], TIMES, np.ones(200)) == 0
    assert lip_correlation(0 * CURVE[None], TIMES, lips(0)) == 0
    assert lip_correlation(CURVE[None], TIMES + 100, lips(0)) == 0


def test_short_lips_have_to_agree_more() -> None:
    assert least_correlation(0) == 1 and least_correlation(1) == 0.7 and least_correlation(60) == LEAST
