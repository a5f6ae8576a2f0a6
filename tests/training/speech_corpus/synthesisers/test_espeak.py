# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER
from mien.training.speech_corpus.synthesisers import espeak
from mien.training.speech_corpus.utterance import CorpusError, Voice

if espeak.missing():
    pytest.skip(espeak.missing(), allow_module_level=True)


@pytest.mark.parametrize(
    ("name", "language", "text", "expected"),
    [
        ("en-us+m3", "en", "Six cups, please.", "s s p s p z"),
        ("en+f2", "en", "My puppy is above.", "m p p z b v"),
        ("es+m1", "es", "Mamá sube a pie.", "m m s b p"),
        ("ru+m3", "ru", "Мама и папа.", "m m p p"),
    ],
)
def test_the_sounds_stand_in_order(name: str, language: str, text: str, expected: str) -> None:
    utterance = espeak.say(Voice("espeak", name, language), text, 3)
    times = np.array([(begin, end) for _, begin, end in utterance.phones])
    assert utterance.samples.dtype == np.float32 and np.abs(utterance.samples).max() <= 1
    assert times[0, 0] >= 0 and times[-1, 1] <= utterance.seconds
    assert (times[:, 1] > times[:, 0]).all() and (times[1:, 0] >= times[:-1, 1]).all()
    assert {sound for sound, _, _ in utterance.phones} <= set(NUMBER)
    assert " ".join(sound for sound, _, _ in utterance.phones if sound in "pbmfvsz") == expected


def test_a_pause_is_silence_and_a_seed_is_one_utterance() -> None:
    voice = espeak.VOICES[0]
    once, again, other = (espeak.say(voice, "Pie. Papa.", seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.samples, again.samples)
    assert once.phones == again.phones
    assert abs(once.seconds - other.seconds) > 0.02
    (_, _, end), (_, begin, _) = once.phones[1:3]
    assert begin - end > 0.15


def test_what_cannot_be_spoken_is_refused_in_words() -> None:
    with pytest.raises(CorpusError, match="nothing to say"):
        espeak.say(espeak.VOICES[0], "...", 0)
    with pytest.raises(CorpusError, match="no voice 'xx'"):
        espeak.say(Voice("espeak", "xx", "en"), "pie", 0)
