# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from dub_voices import spoken
from mien.engines.personatalk.lip_turns import LEAST, turning


def film_of(gap: np.ndarray):
    speaker = spoken().speaker
    return speaker, speaker.with_gap(np.tile(speaker.rest, (len(gap), 1)), gap)


def test_the_sharpest_turn_that_was_seen() -> None:
    speaker, mouth = film_of(0.06 + 0.05 * np.sin(np.arange(100)))
    found = turning(speaker, mouth, np.ones(100, bool), np.zeros(100, int))
    assert found.sharpest == pytest.approx(0.05 * (1 - np.cos(1)), rel=0.02)
    assert found.closed == speaker.closed and found.rest is speaker.rest


def test_cuts_and_frames_that_do_not_count_are_no_turns() -> None:
    gap = np.full(100, 0.02)
    gap[30:60] += 0.2  # another shot
    gap[80] += 0.2  # covered
    speaker, mouth = film_of(gap)
    shot = np.repeat([0, 1, 2], [30, 30, 40])
    assert turning(speaker, mouth, np.arange(100) != 80, shot).sharpest == LEAST
    assert turning(speaker, mouth, np.ones(100, bool), np.zeros(100, int)).sharpest > 0.09
    assert turning(speaker, mouth, np.zeros(100, bool), shot).sharpest == np.inf
