# SPDX-License-Identifier: GPL-3.0-or-later
import os

import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER
from mien.training.speech_corpus.synthesisers import festival
from mien.training.speech_corpus.utterance import RATE, CorpusError, Voice

TEXTS = {
    "en": ("Six cups, please.", "s s p s p z"),
    "it": ("Sessanta pesche, però è vano.", "s s s p s p v"),
    "ca": ("El pa és sa, però no el vi.", "p s s p b"),
    "fi": ("Sopiva päivä, äiti.", "s p v p v"),
    "cs": ("Pes se pase, příliš moc.", "p s s p s p m s"),
    "ru": ("Мама мыла пса, вот.", "m m m p s v"),
    "hi": ("सब मेरे पास है।", "s b m p s"),
}


def utterance_of(voice: Voice, seed: int = 3, text: str = ""):
    if festival.missing():
        pytest.skip(festival.missing())
    if voice not in festival.voices():
        pytest.skip(f"the voice is missing (apt-get install {festival.SOURCES[voice.name].package})")
    return festival.say(voice, text or TEXTS[voice.language][0], seed)


@pytest.mark.parametrize("voice", festival.VOICES, ids=lambda voice: voice.name)
def test_the_sounds_have_the_times_of_their_sound(voice: Voice) -> None:
    utterance = utterance_of(voice)
    assert utterance.samples.dtype == np.float32 and np.abs(utterance.samples).max() <= 1
    times = np.array([(begin, end) for _, begin, end in utterance.phones])
    assert times[0, 0] >= 0 and times[-1, 1] <= utterance.seconds
    assert (times[:, 1] > times[:, 0]).all() and (times[1:, 0] >= times[:-1, 1]).all()
    assert {sound for sound, _, _ in utterance.phones} <= set(NUMBER)
    assert " ".join(s for s, _, _ in utterance.phones if s in "pbmfvsz") == TEXTS[voice.language][1]

    def levels(low: float, of: str) -> np.ndarray:
        """Levels above a frequency in Hz, of 10 ms each, within these sounds."""
        wave = np.fft.irfft(np.fft.rfft(utterance.samples) * (np.fft.rfftfreq(len(utterance.samples), 1 / RATE) >= low))
        parts = [wave[int(b * RATE) : int(e * RATE)] for s, b, e in utterance.phones if s in of.split()]
        return np.array([np.sqrt(np.mean(p[i : i + 160] ** 2)) for p in parts for i in range(0, len(p) - 159, 160)])

    assert levels(4500, "s").mean() > 1.5 * levels(4500, "m n p a ɑ ə ɐ e ɛ i").mean()
    assert levels(0, "a ɑ ɐ ɛ e i ʌ ɪ").mean() > 4 * levels(0, "p").min()


def test_a_seed_is_one_utterance_whatever_came_before() -> None:
    voice = festival.VOICES[0]
    once, other, again = (utterance_of(voice, seed) for seed in (1, 2, 1))
    np.testing.assert_array_equal(once.samples, again.samples)
    assert once.phones == again.phones
    assert abs(other.seconds - once.seconds) > 0.02
    assert [s for s, _, _ in other.phones] == [s for s, _, _ in once.phones]


def test_what_cannot_be_spoken_is_refused_and_the_next_is_spoken() -> None:
    voice = festival.VOICES[0]
    with pytest.raises(CorpusError, match="'ж' in 'ж' cannot be written in ascii"):
        utterance_of(voice, text="ж")
    with pytest.raises(CorpusError, match="no letter in '...'"):
        utterance_of(voice, text="...")
    with pytest.raises(CorpusError, match="could not say 'crash'.*ended"):
        festival._speaker(voice.name, os.getpid()).process.kill()
        utterance_of(voice, text="crash")
    assert utterance_of(voice, text='A "pie" \\ here.').phones[0][0] in ("ə", "eɪ")


def test_an_unknown_voice_and_a_missing_festival_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    if festival.missing():
        pytest.skip(festival.missing())
    with pytest.raises(CorpusError, match="'nobody'"):
        festival.say(Voice("festival", "nobody", "en"), "pie", 0)
    monkeypatch.setattr(festival, "voices", lambda: festival.VOICES[1:])
    with pytest.raises(CorpusError, match="apt-get install festvox-kallpc16k"):
        festival.say(festival.VOICES[0], "pie", 0)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CorpusError, match="apt-get install festival"):
        festival.say(festival.VOICES[0], "pie", 0)
