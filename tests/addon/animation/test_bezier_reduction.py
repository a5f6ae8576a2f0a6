# SPDX-License-Identifier: GPL-3.0-or-later
"""Bezier keys stay within the error, keep what must stay, and are few."""

import numpy as np
import pytest

from addon.animation import bezier_reduction, key_reduction


def smooth(count: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    steps = np.convolve(draw.normal(0, 1, count + 24), np.hanning(25), "valid")
    return np.arange(1.0, count + 1), (steps - steps.min()) / np.ptp(steps)


def evaluated(frames: np.ndarray, values: np.ndarray, fitted: bezier_reduction.BezierKeys) -> np.ndarray:
    """The curve at all frames, by de Casteljau; handles at a third make its time linear."""
    out = values.astype(float).copy()
    for place, (first, last) in enumerate(zip(fitted.indices[:-1], fitted.indices[1:], strict=True)):
        np.testing.assert_allclose(fitted.right[place][0], frames[first] + (frames[last] - frames[first]) / 3)
        t = (frames[first : last + 1] - frames[first]) / (frames[last] - frames[first])
        a, b, c, d = values[first], fitted.right[place][1], fitted.left[place + 1][1], values[last]
        out[first : last + 1] = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    return out


@pytest.mark.parametrize("error", [0.002, 0.01, 0.05])
def test_the_curve_is_within_the_error_with_fewer_keys_than_lines_need(error):
    frames, values = smooth()
    fitted = bezier_reduction.fit(frames, values, error)
    off = np.abs(evaluated(frames, values, fitted) - values).max()
    assert off <= error + 1e-9 and fitted.error == pytest.approx(off, abs=1e-9)
    assert len(fitted.indices) < 0.7 * len(key_reduction.keys_to_keep(frames, values, error))


def test_keys_of_contacts_stay_and_are_straight():
    frames, values = smooth()
    keep = np.zeros(len(frames), bool)
    keep[50:60] = True
    fitted = bezier_reduction.fit(frames, values, 0.05, keep)
    assert set(range(50, 60)) <= set(fitted.indices.tolist())
    np.testing.assert_allclose(evaluated(frames, values, fitted)[50:60], values[50:60], atol=1e-12)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_short_curves(count):
    frames, values = np.arange(float(count)), np.array([0.0, 1.0, 0.2, 0.9])[:count]
    fitted = bezier_reduction.fit(frames, values, 0.001)
    np.testing.assert_allclose(evaluated(frames, values, fitted), values, atol=1e-3)
