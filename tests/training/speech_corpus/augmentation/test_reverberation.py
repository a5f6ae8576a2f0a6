# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.augmentation.reverberation import RESPONSES, impulse_response, responses, reverberate
from mien.training.speech_corpus.utterance import RATE


def test_the_direct_sound_is_the_first_sample_and_the_loudest_moment():
    assert len(responses()) == RESPONSES
    for impulse in responses():
        assert impulse[0] == 1 and impulse.dtype == np.float32


@pytest.mark.parametrize("rt60", [0.2, 0.5, 0.9])
def test_an_impulse_response_decays_by_sixty_decibels_in_its_time(rt60):
    impulse = impulse_response(np.random.default_rng(3), rt60, 0.0).astype(float)
    left = 10 * np.log10(np.cumsum((impulse**2)[::-1])[::-1])  # Schroeder's backward integral
    fall = np.polyfit(np.arange(len(left))[: int(0.5 * rt60 * RATE)] / RATE, left[: int(0.5 * rt60 * RATE)], 1)[0]
    assert 0.55 * rt60 < -60 / fall < 1.7 * rt60
    assert np.sum(impulse[1:] ** 2) == pytest.approx(1.0, rel=1e-3)  # as strong as the direct sound: 0 dB


def test_a_click_stays_where_it_was():
    click = np.zeros(RATE, np.float32)
    click[4000] = 1
    for seed in range(20):
        wet = reverberate(click, np.random.default_rng(seed))
        assert wet.shape == click.shape and np.abs(wet).argmax() == 4000
        assert np.abs(wet[:4000]).max() < 1e-5
