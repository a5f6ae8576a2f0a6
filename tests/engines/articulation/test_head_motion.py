# SPDX-License-Identifier: GPL-3.0-or-later
"""The head of somebody who says nothing breathes and shifts, slowly."""

import numpy as np
import pytest
from mien.engines.articulation.head_motion import idle_motion
from mien.numeric.random_streams import stream
from mien.speech_analysis.track import RATE


def degrees(seconds: float, seed: int = 0) -> np.ndarray:
    return np.degrees(idle_motion(round(seconds * RATE), stream(seed, "idle")))


def test_the_chin_rises_with_each_breath():
    pitch = degrees(60)[:, 0]
    tops = np.flatnonzero((pitch[1:-1] < pitch[:-2]) & (pitch[1:-1] <= pitch[2:]))
    assert 12 <= len(tops) <= 20  # breaths a minute
    assert -0.5 <= pitch.min() < -0.2 and pitch.max() <= 0


@pytest.mark.parametrize("seed", range(3))
def test_the_weight_is_shifted_now_and_then_and_stays(seed):
    turned = degrees(60, seed)[:, 1:]
    moving = np.abs(np.diff(turned, axis=0)).max(1) > 1e-4
    starts = np.flatnonzero(moving[1:] & ~moving[:-1])
    assert 4 <= len(starts) <= 10
    assert 0.5 < np.abs(turned).max() < 6.0
    assert np.abs(np.diff(turned, axis=0)).max() * RATE < 12  # degrees a second


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_short_ones_are_whole(frames):
    assert idle_motion(frames, stream(1, "idle")).shape == (frames, 3)
    assert np.isfinite(idle_motion(frames, stream(1, "idle"))).all()


def test_a_seed_repeats_it():
    assert np.array_equal(degrees(5, 3), degrees(5, 3)) and not np.array_equal(degrees(5, 3), degrees(5, 4))
