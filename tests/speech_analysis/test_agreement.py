# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.speech_analysis.agreement import disagreements

RNG = np.random.default_rng(3)


def probabilities(spoken: np.ndarray, certainty: float = 0.7) -> np.ndarray:
    """(T, 5) of a recogniser that hears `spoken` (T,)."""
    sounds = np.full((len(spoken), 5), (1 - certainty) / 4)
    sounds[np.arange(len(spoken)), spoken] = certainty
    return sounds


def test_a_text_that_was_said_agrees() -> None:
    path = RNG.integers(0, 5, 500)
    assert disagreements(path, probabilities(path)) == ()
    assert disagreements(path[:30], probabilities(path[:30])) == () == disagreements(path[:0], probabilities(path[:0]))


@pytest.mark.parametrize(("begin", "end"), [(0, 500), (100, 300), (350, 500)])
def test_where_it_was_not_said_is_named(begin: int, end: int) -> None:
    spoken = RNG.integers(0, 5, 500)
    path = spoken.copy()
    path[begin:end] = (path[begin:end] + 1) % 5
    ((first, last),) = disagreements(path, probabilities(spoken, 0.99))
    assert abs(first - begin / 100) < 0.5 and abs(last - end / 100) < 0.5


def test_a_sound_or_two_are_no_disagreement() -> None:
    spoken = RNG.integers(0, 5, 500)
    path = spoken.copy()
    path[200:220] = (path[200:220] + 1) % 5
    assert disagreements(path, probabilities(spoken, 0.99)) == ()
