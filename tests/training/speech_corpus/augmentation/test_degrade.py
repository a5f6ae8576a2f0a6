# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.augmentation import noise, recording_chain
from mien.training.speech_corpus.augmentation.degrade import CHANNEL, CLEAN, degrade, level, noisy
from mien.training.speech_corpus.utterance import RATE


def vowel(seconds: float = 1.5) -> np.ndarray:
    """A buzz through three formants, with a silence in its middle."""
    at = np.arange(int(seconds * RATE))
    sound = noise.formants((at % 133 == 0).astype(float), (600, 1200, 2500), (80, 100, 150))
    sound[len(at) // 2 : len(at) // 2 + 2000] = 0
    return noise.levelled(sound) * np.float32(0.1)


def test_the_same_seed_gives_the_same_sound_as_long_as_it_was_and_within_full_scale():
    sound = vowel()
    given = sound.copy()
    for seed in range(40):
        degraded = degrade(sound, np.random.default_rng(seed), [sound])
        assert degraded.shape == sound.shape and degraded.dtype == np.float32
        assert np.isfinite(degraded).all() and np.abs(degraded).max() <= 1
        assert np.array_equal(degraded, degrade(sound, np.random.default_rng(seed), [sound]))
    assert np.array_equal(sound, given)


def test_a_quarter_stays_clean_and_the_gain_spans_forty_decibels():
    sound = vowel(0.5)
    levels, clean = [], 0
    for seed in range(300):
        degraded = degrade(sound, np.random.default_rng(seed))
        levels.append(20 * np.log10(level(degraded)))
        clean += np.corrcoef(degraded, sound)[0, 1] > 0.9999
    assert CLEAN - 0.1 < clean / 300 < CLEAN + 0.15
    assert np.ptp(np.percentile(levels, [1, 99])) > 30


@pytest.mark.parametrize("samples", [0, 1, 7, 400])
def test_very_short_sounds_and_silence_come_through(samples):
    for seed in range(60):
        degraded = degrade(np.zeros(samples, np.float32), np.random.default_rng(seed))
        assert degraded.shape == (samples,) and np.isfinite(degraded).all()


@pytest.mark.parametrize("change", [change for change, _ in CHANNEL], ids=lambda change: change.__name__)
def test_no_step_of_the_channel_shifts_a_click(change):
    sound = np.zeros(RATE, np.float32)
    sound[8000] = 0.9
    for seed in range(20):
        changed = np.abs(change(sound, np.random.default_rng(seed)))
        if changed.max() > 0.05:  # a dropout may have swallowed it
            assert abs(int(changed.argmax()) - 8000) <= 1


@pytest.mark.parametrize("change", [change for change, _ in CHANNEL], ids=lambda change: change.__name__)
def test_every_step_of_the_channel_does_something_and_leaves_the_vowel(change):
    sound = vowel()
    for seed in range(10):
        changed = change(sound, np.random.default_rng(seed))
        assert changed.shape == sound.shape and changed.dtype == np.float32
        assert np.abs(changed - sound).max() > 1e-6
        assert np.corrcoef(np.abs(changed), np.abs(sound))[0, 1] > 0.3


def test_noise_stays_below_the_speech():
    sound = vowel()
    below = [
        20 * np.log10(level(sound) / np.sqrt(np.mean(np.square(noisy(sound, np.random.default_rng(seed)) - sound))))
        for seed in range(100)
    ]
    assert min(below) > -4 and 15 < np.mean(below) < 28


def test_an_equaliser_rings_no_longer_than_its_window():
    sound = np.zeros(RATE, np.float32)
    sound[8000] = 1.0
    coloured = recording_chain.filtered(sound, np.array([100.0, 1000.0, 7000.0]), np.array([6.0, 0.0, -12.0]))
    assert np.abs(coloured[: 8000 - 512]).max() < 1e-6 and np.abs(coloured[8000 + 512 :]).max() < 1e-6
    assert np.allclose(coloured[8000 - 500 : 8000], coloured[8500:8000:-1], atol=1e-6)
    response = 20 * np.log10(np.abs(np.fft.rfft(coloured)))  # 1 Hz a bin
    assert abs(response[1000]) < 1 and response[200] > 2 and response[6000] < -9
