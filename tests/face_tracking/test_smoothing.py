# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.face_tracking.smoothing import smoothed

WHOLE = np.array([[0, 60]])


def test_a_straight_line_keeps_its_place() -> None:
    line = np.linspace(0, 5, 60)[:, None]
    np.testing.assert_allclose(smoothed(line, WHOLE)[5:-5], line[5:-5], atol=1e-12)


def test_a_peak_does_not_move() -> None:
    peak = np.exp(-(((np.arange(60) - 30) / 4.0) ** 2))[:, None]
    result = smoothed(peak, WHOLE)
    assert result[:, 0].argmax() == 30


def test_jitter_becomes_less() -> None:
    noise = np.random.default_rng(0).standard_normal((60, 3))
    assert smoothed(noise, WHOLE).std() < 0.8 * noise.std()


def test_nothing_leaks_from_one_stretch_into_another() -> None:
    values = np.repeat([0.0, 1.0, 9.0, 4.0], 15)[:, None]
    stretches = np.array([[0, 15], [15, 30], [45, 60]])
    np.testing.assert_allclose(smoothed(values, stretches), values, atol=1e-12)
    noisy = values + np.random.default_rng(0).standard_normal((60, 1))
    np.testing.assert_array_equal(smoothed(noisy, stretches)[30:45], noisy[30:45])  # outside of all


def test_sigma_zero_is_off() -> None:
    noise = np.random.default_rng(0).standard_normal((60, 2, 3))
    np.testing.assert_array_equal(smoothed(noise, WHOLE, 0), noise)
