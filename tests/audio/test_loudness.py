# SPDX-License-Identifier: GPL-3.0-or-later
"""The level of a voice."""

import numpy as np
import pytest
from mien.audio.loudness import HIGHEST, LOWEST, TARGET, gain_db, loudness, without_glitches
from mien.audio.speech import read_speech
from sounds import RATE, noise, silence, tone, voice, written

VOICE = voice(4.0)


def test_a_tone_has_the_loudness_that_the_standard_gives() -> None:
    """ITU-R BS.1770: a full-scale sine of 997 Hz in one channel has -3.01 LKFS."""
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * RATE) / RATE).astype(np.float32)
    assert loudness(sine) == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("gain", [-70, -56, -40, -20, 0, 20, 40])
def test_loudness_follows_the_gain_at_any_level(gain: float) -> None:
    measured, whole = loudness(VOICE * np.float32(10 ** (gain / 20))), loudness(VOICE)
    assert measured is not None and whole is not None
    assert measured - whole == pytest.approx(gain, abs=0.1)


@pytest.mark.parametrize("sound", [silence(), silence(0.1), 1e-6 * noise()])
def test_silence_has_none(sound: np.ndarray) -> None:
    assert loudness(sound) is None and gain_db(None) == 0


def test_a_sound_shorter_than_a_block_is_measured() -> None:
    assert loudness(tone(0.2)) == pytest.approx(-23, abs=1)


@pytest.mark.parametrize(("measured", "gain"), [(LOWEST, 0), (-23, 0), (HIGHEST, 0), (-60, 37), (0, TARGET)])
def test_a_voice_within_the_range_stays(measured: float, gain: float) -> None:
    assert gain_db(measured) == gain


@pytest.mark.parametrize("top", [1.0, 100.0])
@pytest.mark.parametrize("level", [-56, -30, 0])
@pytest.mark.parametrize("samples", [1, 400, 1200])
def test_a_glitch_does_not_set_the_level(top: float, level: float, samples: int) -> None:
    quiet = VOICE * np.float32(10 ** (level / 20))
    sound = quiet.copy()
    sound[30000 : 30000 + samples] = top * np.sign(np.sin(np.arange(samples) + 1))
    speech = read_speech(written(sound, subtype="FLOAT"))
    left = np.ones(len(sound), bool)
    left[29000:32000] = False
    outside, wanted = speech.samples[left], VOICE[left]
    assert np.abs(speech.samples).max() <= 1 and np.corrcoef(outside, wanted)[0, 1] > 0.999
    assert np.std(outside) > 0.4 * np.std(wanted)


@pytest.mark.parametrize("level", [-56, -40, -20, 20])
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
def test_quiet_and_loud_voices_are_brought_to_the_level(level: float, subtype: str) -> None:
    if level > 0 and subtype != "FLOAT":
        pytest.skip("clipped by the file")
    speech = read_speech(written(VOICE * np.float32(10 ** (level / 20)), subtype=subtype))
    assert loudness(speech.samples) == pytest.approx(TARGET, abs=0.5)
    assert ("quiet" if level < 0 else "loud") in speech.reading.notes[0]
    assert speech.reading.loudness == pytest.approx(loudness(VOICE) + level, abs=0.5)
    assert np.abs(speech.recorded - VOICE * 10 ** (level / 20)).max() < 10 ** (level / 20) * 0.1


def test_an_offset_of_the_zero_line_is_not_raised_with_the_voice() -> None:
    speech = read_speech(written(0.4 + 0.001 * VOICE, subtype="FLOAT"))
    assert np.corrcoef(speech.samples, VOICE)[0, 1] > 0.999 and np.abs(speech.samples).max() < 1


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.6])
@pytest.mark.parametrize("level", [-56, -40])
def test_a_bang_above_a_soft_voice_does_not_set_the_level(level: float, seconds: float) -> None:
    sound = VOICE * np.float32(10 ** (level / 20))
    sound[20000 : 20000 + round(seconds * RATE)] = 10 * noise(seconds).clip(-0.09, 0.09)
    measured, wanted = loudness(sound), loudness(VOICE)
    assert measured is not None and wanted is not None and measured == pytest.approx(wanted + level, abs=3.0)


def test_a_word_above_noise_sets_the_level() -> None:
    word = np.concatenate([1e-3 * noise(5.0), voice(1.0), 1e-3 * noise(5.0)])
    alone = loudness(voice(1.0))
    assert alone is not None and loudness(word) == pytest.approx(alone, abs=1.0)


def test_a_voice_has_no_glitches() -> None:
    assert np.array_equal(without_glitches(VOICE), VOICE)
