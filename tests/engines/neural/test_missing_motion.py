# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that learnt all, some and nothing of how a face wanders."""

import numpy as np
import pytest
from mien.channels import ARKIT, columns
from mien.engines.articulation.landmark_gains import landmark_gains
from mien.engines.neural.missing_motion import KNIT_MOST, calm_knit, corners, lids, missing

T = np.arange(3000) / 100


def moving(name: str, size: float, apart: float = 0.0, hz: float = 0.2) -> np.ndarray:
    """(3000, 52) one channel that rises and falls; its sides differ by `apart`."""
    weights = np.zeros((len(T), len(ARKIT)))
    left, right = columns(name)
    course = size * (0.5 + 0.5 * np.sin(2 * np.pi * hz * T))
    weights[:, left], weights[:, right] = course + apart / 2, course - apart / 2
    return weights


@pytest.mark.parametrize(("measure", "name"), [(lids, "eyeWide"), (corners, "mouthSmile")])
def test_what_is_learnt_is_not_drawn_twice(measure, name: str) -> None:
    drawn = moving(name, 0.2)
    none, some, all_ = (missing(drawn, moving(name, size, hz=0.13), measure) for size in (0.0, 0.1, 0.3))
    np.testing.assert_array_equal(none, drawn)
    assert 0.6 < np.ptp(measure(some)) / np.ptp(measure(drawn)) < 0.95
    assert not all_.any()
    # together they vary as what was drawn
    both = measure(some + moving(name, 0.1, hz=0.13)).std()
    assert both == pytest.approx(measure(drawn).std(), rel=0.1)


def test_what_the_sides_differ_by_stays() -> None:
    drawn = moving("mouthSmile", 0.2, apart=0.06)
    left, right = columns("mouthSmile")
    kept = missing(drawn, moving("mouthSmile", 0.5), corners)
    np.testing.assert_allclose(kept[:, left] - kept[:, right], 0.06, atol=1e-9)


def test_a_knit_varies_by_no_more_than_may_be_but_for_the_emotions() -> None:
    free, nothing = np.ones((len(T), 1)), np.zeros((len(T), len(ARKIT)))
    knit = columns("browDown")
    wild, calm, angry = moving("browDown", 0.6), moving("browDown", 0.02), moving("browDown", 0.6)
    calm_knit(wild, nothing, free)
    assert landmark_gains().knit * wild[:, knit].mean(1).std() == pytest.approx(KNIT_MOST, rel=0.1)
    assert wild[:, knit].mean() == pytest.approx(0.3, abs=0.01)
    for same, expected in ((calm, nothing), (angry, angry.copy())):
        before = same.copy()
        calm_knit(same, expected, free)
        np.testing.assert_array_equal(same, before)
    held = moving("browDown", 0.6)
    calm_knit(held, nothing, 0 * free)
    np.testing.assert_array_equal(held, moving("browDown", 0.6))
