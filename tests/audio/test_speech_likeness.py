# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.audio.speech_likeness import is_speech_like, seconds_like_speech
from sounds import RATE, melody, noise, silence, tone, voice


@pytest.mark.parametrize("gain", [1.0, 0.01, 0.0005])
@pytest.mark.parametrize("padding", [0.0, 5.0])
def test_a_voice_is_like_speech(gain: float, padding: float) -> None:
    sound = np.concatenate([silence(padding), gain * voice(), silence(padding)])
    assert is_speech_like(iter([sound[:9000], sound[9000:]]), RATE)


@pytest.mark.parametrize("sound", [silence(), noise(), tone(), tone(4.0, 50.0), melody()])
def test_what_is_no_voice_is_not(sound: np.ndarray) -> None:
    assert not is_speech_like(iter([sound]), RATE) and seconds_like_speech(sound)[0] == 0


@pytest.mark.parametrize("length", [0, 1, 100, 2000])
def test_a_sound_too_short_to_tell_is_no_error(length: int) -> None:
    assert not is_speech_like(iter([voice()[:length]]), RATE)
