# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise of variance 1, smooth, the same rows however many there are."""

import numpy as np
from mien.engines.kfusion.noise import smooth_noise


def test_noise_is_of_variance_1_and_half_of_it_slow() -> None:
    noise = smooth_noise(np.random.default_rng(0), 40000, 8)
    assert noise.shape == (40000, 8) and noise.dtype == np.float32
    np.testing.assert_allclose(noise.std(0), 1, atol=0.12)
    change = np.diff(noise, axis=0).std(0)
    assert change[:4].max() < 0.1 < change[4:].min() < change[4:].max() < 0.4


def test_a_longer_sound_begins_with_the_same_noise() -> None:
    short, long = (smooth_noise(np.random.default_rng(5), frames, 4) for frames in (50, 500))
    np.testing.assert_allclose(short, long[:50], atol=1e-6)
