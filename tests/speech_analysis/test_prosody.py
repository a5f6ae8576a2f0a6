# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.speech_analysis.prosody import BLOCK, FLOOR_DB, against_running, analyse_prosody

SECOND = np.arange(16000) / 16000


def prosody_of(samples: np.ndarray):
    return analyse_prosody(Speech.from_samples(samples))


def saw(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return 0.6 * ((hertz * np.arange(round(16000 * seconds)) / 16000) % 1) - 0.3


@pytest.mark.parametrize("hertz", [80, 150, 220, 400])
def test_pitch_of_a_saw(hertz: float) -> None:
    prosody = prosody_of(saw(hertz))
    steady = slice(5, -5)
    assert prosody.voiced[steady].all()
    np.testing.assert_allclose(prosody.pitch[steady], 12 * np.log2(hertz), atol=0.1)


@pytest.mark.parametrize("length", [1600, 1601, 3199, 15999, 16080, 24037])
def test_no_frame_of_a_steady_voice_is_missed_whatever_its_length(length: int) -> None:
    prosody = prosody_of(saw(150, length / 16000))
    assert np.all(np.diff(np.flatnonzero(prosody.voiced)) == 1) and prosody.voiced.any()


def test_pitch_is_interpolated_where_nothing_is_voiced() -> None:
    gap = np.concatenate([saw(150, 0.5), np.zeros(3200), saw(320, 0.5)])
    prosody = prosody_of(gap)
    assert not prosody.voiced[54:66].any() and prosody.voiced[10:40].all()
    last, first = np.flatnonzero(prosody.voiced[:60]).max(), 60 + np.flatnonzero(prosody.voiced[60:]).min()
    between = prosody.pitch[last : first + 1]
    np.testing.assert_allclose(between, np.linspace(between[0], between[-1], len(between)))
    np.testing.assert_allclose(prosody.pitch[[20, 100]], 12 * np.log2([150, 320]), atol=0.1)


@pytest.mark.parametrize("amplitude", [1.0, 0.5, 0.01])
def test_level_of_a_sine_is_its_amplitude_below_full_scale(amplitude: float) -> None:
    prosody = prosody_of(amplitude * np.sin(2 * np.pi * 500 * SECOND))
    np.testing.assert_allclose(prosody.level[3:-3], 20 * np.log10(amplitude), atol=0.02)
    np.testing.assert_allclose(prosody.vowel_level[3:-3], prosody.level[3:-3], atol=0.02)


def test_each_band_hears_its_own() -> None:
    low, middle, high = (prosody_of(0.5 * np.sin(2 * np.pi * f * SECOND)) for f in (300, 2500, 6000))
    for prosody, vowel, hiss in ((low, True, False), (middle, False, False), (high, False, True)):
        assert (prosody.vowel_level[50] > -7) == vowel and (prosody.hiss_level[50] > -7) == hiss
        assert vowel or prosody.vowel_level[50] < -40
        assert hiss or prosody.hiss_level[50] < -40


def test_a_frame_hears_its_own_hundredth_of_a_second() -> None:
    click = np.zeros(16000)
    click[8080] = 1  # the middle of frame 50
    assert prosody_of(click).level.argmax() == 50


def test_a_sound_longer_than_a_block_has_no_seam() -> None:
    """Spectra are taken 30 s at a time."""
    prosody = prosody_of(np.tile(0.5 * np.sin(2 * np.pi * 500 * SECOND), 31))
    assert len(prosody) == 3100 > BLOCK
    np.testing.assert_allclose(prosody.level[BLOCK - 20 : BLOCK + 20], 20 * np.log10(0.5), atol=0.02)


def test_silence_is_the_floor_and_has_no_pitch() -> None:
    prosody = prosody_of(np.zeros(16000))
    assert set(prosody.level) == set(prosody.vowel_level) == set(prosody.hiss_level) == {FLOOR_DB}
    assert not prosody.voiced.any() and not prosody.pitch.any()


@pytest.mark.parametrize("length", [0, 1, 159, 160, 161, 320, 1599, 1601])
@pytest.mark.parametrize("kind", ["silence", "steady", "noise"])
def test_the_shortest_sounds_have_prosody(kind: str, length: int) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, length)
    prosody = prosody_of({"silence": np.zeros(length), "steady": np.ones(length), "noise": noise}[kind])
    assert len(prosody) == max(1, -(-length // 160))
    for curve in (prosody.level, prosody.vowel_level, prosody.hiss_level, prosody.pitch):
        assert len(curve) == len(prosody.voiced) == len(prosody) and np.isfinite(curve).all()


def test_against_running_measures_from_the_mean_around() -> None:
    values = np.tile([-1.0, 1.0], 500)
    everywhere = np.ones(1000, bool)
    np.testing.assert_allclose(against_running(values, everywhere, 2.0, 0.1)[200:800], values[200:800], atol=0.02)
    steps = values + np.repeat([0.0, 40.0], 500)  # a louder half is its own measure, away from the step
    np.testing.assert_allclose(against_running(steps, everywhere, 1.0, 0.1)[[100, 900]], [-1, -1], atol=0.05)


def test_against_running_counts_only_where_it_should() -> None:
    values = np.where(np.arange(1000) % 3 == 0, 50.0, 1.0)
    where = np.arange(1000) % 3 != 0
    z = against_running(values, where, 1.0, 2.0)
    np.testing.assert_allclose(z[where], 0, atol=1e-9)
    np.testing.assert_allclose(z[~where], 49 / 2, atol=1e-6)
    assert not against_running(values, np.zeros(1000, bool), 1.0, 2.0).any()
