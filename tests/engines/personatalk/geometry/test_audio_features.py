# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.audio.speech import Speech
from mien.engines.personatalk.geometry.audio_features import MELODY, PHONETIC, phonetic_features
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PHONES, PhoneTrack, segments_of


def test_phones_and_prosody_are_rows_of_numbers() -> None:
    samples = np.sin(2 * np.pi * 120 * np.arange(32000) / 16000) * np.r_[np.zeros(16000), np.full(16000, 0.3)]
    posteriors = np.full((200, len(PHONES)), 0.0, np.float32)
    posteriors[:100, 0], posteriors[100:, 1] = 1, 1
    phones = PhoneTrack(posteriors, segments_of(posteriors.argmax(1)))
    rows = phonetic_features(phones, analyse_prosody(Speech.from_samples(samples, "hum")))
    assert rows.shape == (200, PHONETIC) and rows.dtype == np.float32 and np.isfinite(rows).all()
    assert np.array_equal(rows[:, : len(PHONES)], posteriors)
    level = rows[:, -MELODY]
    assert level[150] > level[20] + 0.3
