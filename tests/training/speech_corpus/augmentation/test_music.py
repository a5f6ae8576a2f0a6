# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.augmentation.music import add_part, note
from mien.training.speech_corpus.augmentation.music import music as play
from mien.training.speech_corpus.utterance import RATE

FLUTE = {"overtones": 3, "fall": 12.0, "odd": 0.0, "attack": 0.02, "decay": np.inf, "vibrato": 0.0, "stretch": 0.0}


def test_a_note_has_its_pitch_and_its_overtones():
    tone = note(np.random.default_rng(0), 440.0, 1.0, FLUTE)
    spectrum = np.abs(np.fft.rfft(tone))  # 1 Hz a bin
    assert spectrum.argmax() == 440
    assert 20 * np.log10(spectrum[440] / spectrum[880]) == pytest.approx(12, abs=0.5)
    assert spectrum[1760] < spectrum[1320] / 20  # a fourth overtone was not asked for


def test_a_note_above_what_the_rate_can_carry_is_silence():
    assert not note(np.random.default_rng(0), 7900.0, 0.1, FLUTE).any()


def test_a_plucked_note_dies_away():
    tone = note(np.random.default_rng(0), 440.0, 1.0, FLUTE | {"decay": 0.2})
    assert np.abs(tone[:3200]).max() > 10 * np.abs(tone[-3200:]).max()


def test_a_part_past_the_end_is_cut_there():
    sound = np.zeros(RATE, np.float32)
    add_part(sound, np.ones(RATE, np.float32), 0.75, 0.5)
    add_part(sound, np.ones(RATE, np.float32), 2.0, 0.5)
    assert np.flatnonzero(sound)[0] == 12000 and sound[12000:].tolist() == [0.5] * 4000


def test_every_seed_plays_something_else_and_the_same_again():
    first, again, other = (play(np.random.default_rng(seed), 2 * RATE) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    for seed in range(20):
        piece = play(np.random.default_rng(seed), RATE)
        assert np.isfinite(piece).all() and np.sqrt(np.mean(piece**2)) == pytest.approx(1, rel=1e-3)
