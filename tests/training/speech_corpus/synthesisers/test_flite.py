# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER
from mien.training.speech_corpus.synthesisers import flite
from mien.training.speech_corpus.utterance import RATE, CorpusError, Voice

if flite.missing():
    pytest.skip(flite.missing(), allow_module_level=True)

TEXT = "Six cups of coffee, please."


@pytest.mark.parametrize("voice", flite.VOICES, ids=lambda voice: voice.name)
def test_the_sounds_have_the_times_of_their_sound(voice: Voice) -> None:
    synthesised = flite.say(voice, TEXT, 3)
    assert synthesised.samples.dtype == np.float32 and np.abs(synthesised.samples).max() <= 1
    times = np.array([(begin, end) for _, begin, end in synthesised.phones])
    assert times[0, 0] >= 0 and times[-1, 1] <= synthesised.seconds
    assert (times[:, 1] > times[:, 0]).all() and (times[1:, 0] >= times[:-1, 1]).all()
    assert {sound for sound, _, _ in synthesised.phones} <= set(NUMBER)
    assert [s for s, _, _ in synthesised.phones if s in "pbmfvsz"] == ["s", "s", "p", "s", "v", "f", "p", "z"]
    hiss = np.abs(np.diff(synthesised.samples))  # the louder, the higher
    hiss_by_sound = {
        of: np.mean([hiss[int(b * RATE) : int(e * RATE)].mean() for s, b, e in synthesised.phones if s in of])
        for of in ("s", "ə ʌ i k p")
    }
    assert hiss_by_sound["s"] > 1.5 * hiss_by_sound["ə ʌ i k p"]


def test_a_seed_is_one_utterance() -> None:
    voice = flite.VOICES[3]
    once, again, other = (flite.say(voice, TEXT, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.samples, again.samples)
    assert once.phones == again.phones
    assert abs(other.seconds - once.seconds) > 0.02
    assert [s for s, _, _ in other.phones] == [s for s, _, _ in once.phones]


def test_what_cannot_be_spoken_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match="nothing to say in '...'"):
        flite.say(flite.VOICES[0], "...", 0)
    with pytest.raises(CorpusError, match="nobody.*kal16, awb, rms, slt"):
        flite.say(Voice("flite", "nobody", "en"), TEXT, 0)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CorpusError, match="apt-get install flite"):
        flite.say(flite.VOICES[0], TEXT, 0)
