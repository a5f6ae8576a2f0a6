# SPDX-License-Identifier: GPL-3.0-or-later
"""The sounds of ../shared/cases that were once read wrongly without a word: each is read whole, refused, or said of."""

from __future__ import annotations

import numpy as np
import pytest
from checkout import SAMPLES, SHARED
from mien.audio.speech import SpeechError, read_speech

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases, inputs that once failed, are not here")
VOICE = SAMPLES / "voice" / "sense_and_sensibility.wav"

WHOLE = {  # file -> (seconds, words of what is said)
    "phase_inverted_stereo/inverted.wav": (7.1, "the left one alone was taken"),
    "phase_inverted_stereo/half_inverted.wav": (7.1, "alone was taken"),
    "cut_short_unnoticed/two_data.wav": (7.1, "2 chunks of sound"),
    "joined_mp3_and_ogg/one.mp3": (7.1, ""),
    "joined_mp3_and_ogg/joined.mp3": (14.2, ""),
    "joined_mp3_and_ogg/joined.ogg": (14.2, ""),
    "mp3_in_wav/mp3.wav": (7.1, ""),
    "film_sound_starts_late/late.mp4": (7.5, ""),
}
CUT = ("RF64_half.wav", "BW64_half.wav", "half.au", "half.caf", "half.w64")


@pytest.mark.parametrize("name", WHOLE)
def test_it_is_read_whole(name: str) -> None:
    seconds, words = WHOLE[name]
    speech = read_speech(CASES / name)
    assert float(speech.duration) == pytest.approx(seconds, abs=0.2)  # an mp3 has its coder's padding
    assert words in " ".join(speech.reading.notes) and bool(words) == bool(speech.reading.notes)
    plain = read_speech(VOICE).samples
    level = np.sqrt(np.mean(speech.samples[: len(plain)] ** 2)) / np.sqrt(np.mean(plain**2))
    assert 0.8 < level < 1.2


@pytest.mark.parametrize("name", CUT)
def test_what_is_cut_short_is_refused(name: str) -> None:
    with pytest.raises(SpeechError, match="is cut short"):
        read_speech(CASES / "cut_short_unnoticed" / name)


def test_a_late_sound_is_late() -> None:
    """What a player plays; what Blender plays is in tests/blender/generation/test_played_sound.py."""
    samples = np.abs(read_speech(CASES / "film_sound_starts_late" / "late.mp4").samples)
    assert samples[: int(0.39 * 16000)].max() < 0.002 < samples.max()
