# SPDX-License-Identifier: GPL-3.0-or-later
"""Any length without seams; seeds and temperature."""

import numpy as np
from kfusion import inputs, network
from mien.engines.kfusion.landmark_space import MOUTH_NUMBERS
from mien.engines.kfusion.sampling import sample
from mien.engines.neural import windows
from mien.heads.landmark_track import default_rest

REST = default_rest()


def test_windows_have_no_seams(monkeypatch) -> None:
    whole = sample(network(), *inputs(900), REST, [1])
    monkeypatch.setattr(windows, "WINDOW", 200)
    parts = sample(network(), *inputs(900), REST, [1])
    assert whole.shape == (1, 900, 209)
    np.testing.assert_allclose(parts, whole, atol=1e-4 * np.abs(whole).max())


def test_seeds_differ_the_same_seed_is_the_same_and_temperature_0_is_one_motion() -> None:
    first, second, again = sample(network(), *inputs(60), REST, [1, 2, 1])
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - second).max() > 1e-3
    mouth = list(MOUTH_NUMBERS)
    np.testing.assert_array_equal(first[:, mouth], second[:, mouth])
    cold = sample(network(), *inputs(60), REST, [1, 2], temperature=0.0)
    np.testing.assert_array_equal(*cold)


def test_a_single_frame_is_possible() -> None:
    assert np.isfinite(sample(network(), *inputs(1), REST, [0])).all()
