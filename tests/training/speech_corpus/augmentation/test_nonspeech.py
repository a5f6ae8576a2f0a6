# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.augmentation.nonspeech import SOURCES, animal, cry, nonspeech, silence
from mien.training.speech_corpus.utterance import RATE


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_every_source_has_its_length_and_differs_with_the_seed(source):
    for n in (160, RATE):
        sound = source(np.random.default_rng(1), n)
        assert sound.shape == (n,) and np.isfinite(sound).all()
    if source is not silence:
        sounds = [source(np.random.default_rng(seed), 2 * RATE) for seed in (1, 1, 2, 3)]
        assert all(np.abs(sound).max() > 0 for sound in sounds)
        assert np.array_equal(sounds[0], sounds[1])
        assert not np.array_equal(sounds[0], sounds[2]) and not np.array_equal(sounds[2], sounds[3])


def test_nonspeech_is_within_full_scale_at_many_levels():
    levels = []
    for seed in range(80):
        sound = nonspeech(np.random.default_rng(seed), 0.8)
        assert sound.dtype == np.float32 and sound.shape == (int(0.8 * RATE),)
        assert np.isfinite(sound).all() and np.abs(sound).max() <= 1
        levels.append(20 * np.log10(np.sqrt(np.mean(sound.astype(float) ** 2))))
    assert np.ptp(levels) > 40
    assert np.array_equal(nonspeech(np.random.default_rng(3), 0.5), nonspeech(np.random.default_rng(3), 0.5))


def test_a_bark_has_the_pitch_it_was_given_and_rests_between_calls():
    bark = cry(np.random.default_rng(4), 0.5, 300.0, np.ones(3), 0.0)
    middle = bark[2000:6000].astype(float)
    likeness = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    assert 30 + likeness[30:120].argmax() == pytest.approx(RATE / 300.0, abs=1.5)
    calls = animal(np.random.default_rng(0), 4 * RATE)
    frames = np.square(calls.reshape(-1, 160)).mean(1)
    assert 0.02 < (frames > frames.max() * 1e-3).mean() < 0.98
