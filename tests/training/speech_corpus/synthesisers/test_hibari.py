# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER
from mien.training.speech_corpus.synthesisers import hibari
from mien.training.speech_corpus.utterance import RATE, CorpusError, Voice

if hibari.missing():
    pytest.skip(hibari.missing(), allow_module_level=True)

TEXT = "Six puppies sip, and some stop."
VOICE = hibari.VOICES[0]


def test_the_sounds_have_the_times_of_their_sound() -> None:
    synthesised = hibari.say(VOICE, TEXT, 3)
    assert synthesised.samples.dtype == np.float32 and np.abs(synthesised.samples).max() <= 1
    times = np.array([(begin, end) for _, begin, end in synthesised.phones])
    assert times[0, 0] >= 0 and times[-1, 1] <= synthesised.seconds
    assert (times[:, 1] > times[:, 0]).all() and (times[1:, 0] >= times[:-1, 1] - 1e-9).all()
    assert {sound for sound, _, _ in synthesised.phones} <= set(NUMBER)
    assert "".join(s for s, _, _ in synthesised.phones if s in "spm") == "ssppspsmstp".replace("t", "")
    hiss = np.abs(np.diff(synthesised.samples))  # the louder, the higher
    hiss_by_sound = {
        of: np.mean([hiss[int(b * RATE) : int(e * RATE)].mean() for s, b, e in synthesised.phones if s in of])
        for of in ("s", "ʌ i p m")
    }
    assert hiss_by_sound["s"] > 1.5 * hiss_by_sound["ʌ i p m"]


def test_a_seed_is_one_utterance() -> None:
    once, again, other = (hibari.say(VOICE, TEXT, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.samples, again.samples)
    assert once.phones == again.phones
    assert abs(other.seconds - once.seconds) > 0.02
    assert [s for s, _, _ in other.phones] == [s for s, _, _ in once.phones]


def test_a_pitch_moves_the_voiced_frames_alone() -> None:
    tones = np.array([0, 100, 200, 400, 0], np.float32)
    moved = hibari.transposed(tones, 0.5, 0.5)
    np.testing.assert_allclose(moved, [0, 100 / np.sqrt(2), 100, 100 * np.sqrt(2), 0], rtol=1e-5)
    np.testing.assert_array_equal(hibari.transposed(tones * 0, 2.0, 1.0), tones * 0)


def test_what_cannot_be_spoken_is_refused_in_words() -> None:
    with pytest.raises(CorpusError, match="'emma'"):
        hibari.say(Voice("hibari", "emma", "en"), "Hello.", 0)
    with pytest.raises(CorpusError, match="has 0"):
        hibari.say(VOICE, " ", 0)
    with pytest.raises(CorpusError, match="1 to 400"):
        hibari.say(VOICE, "a long story " * 60, 0)
