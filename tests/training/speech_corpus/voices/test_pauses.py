# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.utterance import RATE
from mien.training.speech_corpus.voices.pauses import breath, pauses

# A rest at either end, one of 0.3 s and one of 30 ms (too short) between.
PHONES = (("a", 0.2, 0.4), ("m", 0.4, 0.5), ("a", 0.8, 1.0), ("t", 1.03, 1.2))


def marked() -> np.ndarray:
    """(N,) 1.5 s of silence with a constant of its own during each phone."""
    sound = np.zeros(int(1.5 * RATE), np.float32)
    for i, (_, begin, end) in enumerate(PHONES):
        sound[int(begin * RATE) : int(end * RATE)] = 0.1 * (i + 1)
    return sound


def test_phones_carry_their_sound_with_them_to_the_sample():
    grown = 0
    for seed in range(30):
        sound, phones = pauses(marked(), PHONES, np.random.default_rng(seed))
        grown += len(sound) > 1.5 * RATE
        for i, (name, begin, end) in enumerate(phones):
            assert name == PHONES[i][0]
            assert np.all(sound[round(begin * RATE) : round(end * RATE)] == np.float32(0.1 * (i + 1)))
        assert phones[1][1] == pytest.approx(phones[0][2]) and phones[3][1] - phones[2][2] == pytest.approx(0.03)
        again, _ = pauses(marked(), PHONES, np.random.default_rng(seed))
        assert np.array_equal(sound, again)
    assert 15 < grown < 30  # three rests, each lengthened half of the time: seven of eight


def test_without_phones_or_without_rests_nothing_is_cut():
    sound = np.full(RATE, 0.1, np.float32)
    whole, phones = pauses(sound, (("a", 0.0, 1.0),), np.random.default_rng(0))
    assert np.array_equal(whole, sound) and phones == (("a", 0.0, 1.0),)
    assert pauses(np.zeros(0, np.float32), (), np.random.default_rng(0))[1] == ()


def test_a_breath_swells_and_falls_and_is_air():
    for seed in range(10):
        air = breath(np.random.default_rng(seed), 0.4)
        assert len(air) == int(0.4 * RATE) and np.isfinite(air).all()
        assert np.sqrt(np.mean(air**2)) == pytest.approx(1, rel=1e-3)
        assert np.abs(air[:160]).mean() < 0.5 and np.abs(air[-160:]).mean() < 0.5
