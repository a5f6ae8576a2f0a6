# SPDX-License-Identifier: GPL-3.0-or-later
"""Key reduction: within the error, and keeping the keys that must stay."""

import numpy as np
import pytest

from addon.animation.key_reduction import inside_spans, keys_to_keep, largest_error


def wave(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    frames = np.arange(count, dtype=np.float32)
    draw = np.random.default_rng(4)
    return frames, np.cumsum(draw.normal(0, 0.02, count)).astype(np.float32)


@pytest.mark.parametrize("error", [0.001, 0.01, 0.1])
def test_no_key_is_farther_off_than_the_error(error):
    frames, values = wave()
    indices = keys_to_keep(frames, values, error)
    assert largest_error(frames, values, indices) <= error
    assert indices[0] == 0 and indices[-1] == len(frames) - 1 and (np.diff(indices) > 0).all()


def test_a_larger_error_keeps_fewer():
    frames, values = wave()
    counts = [len(keys_to_keep(frames, values, error)) for error in (0.0, 0.001, 0.01, 0.1)]
    assert counts == sorted(counts, reverse=True) and counts[0] == 500 and counts[-1] < 60


def test_a_straight_line_is_two_keys_and_a_corner_three():
    frames = np.arange(100.0)
    assert len(keys_to_keep(frames, 0.3 * frames, 1e-6)) == 2
    assert keys_to_keep(frames, np.abs(frames - 40), 1e-6).tolist() == [0, 40, 99]


def test_keys_that_must_stay_do():
    frames, values = wave()
    held = inside_spans(frames, [(100.2, 104.0), (300.0, 300.0)])
    assert np.flatnonzero(held).tolist() == [100, 101, 102, 103, 104, 105, 299, 300, 301]
    indices = keys_to_keep(frames, values, 0.5, held)
    assert set(np.flatnonzero(held)) <= set(indices)
    dense = np.linspace(100.2, 104.0, 50)
    np.testing.assert_allclose(
        np.interp(dense, frames[indices], values[indices]), np.interp(dense, frames, values), atol=1e-7
    )


def test_a_span_at_the_edge_or_beyond_is_none_outside():
    frames = np.arange(5.0)
    assert inside_spans(frames, [(-3.0, 0.0)]).tolist() == [True, True, False, False, False]
    assert inside_spans(frames, [(9.0, 12.0)]).tolist() == [False, False, False, False, True]
    assert not inside_spans(frames, []).any()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_curves_are_kept_whole(count):
    frames = np.arange(float(count))
    assert len(keys_to_keep(frames, frames, 1.0)) == count and largest_error(frames, frames, np.arange(count)) == 0.0
