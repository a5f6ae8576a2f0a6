# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.synthesisers.kokoro_phonemes import BIAS, CLOSURE, SPACE, timed, trimmed
from mien.training.speech_corpus.utterance import RATE, Utterance, Voice

HUM = np.random.default_rng(0).normal(0, 0.1, 4 * RATE).astype(np.float32)


def sounds(letters: str, language: str) -> list[str]:
    return [sound for sound, _, _ in timed(letters, [0.2] * (len(letters) + 2), HUM, language)]


@pytest.mark.parametrize(
    "letters, language, expected",
    [
        ("hˈɜɹ əɹ ˈAt", "en", "h ɜ ə ɹ eɪ t"),  # her or eight: a vowel follows the second
        ("ˈɛvəɹ", "en", "ɛ v ɜ"),
        ("kˈat", "en", "k æ t"),
        ("βa", "ja", "w a"),
        ("βa", "es", "b a"),
        ("xau↓", "zh", "x aʊ"),
        ("maˈu", "it", "m a u"),
        ("mˈaj", "it", "m aɪ"),
        ("ajˈuto", "it", "a j u t o"),
        ("biʔkɯ", "ja", "b i k ɨ"),
        ("ʦˈuː", "it", "t s u"),
    ],
)
def test_letters_are_sounds(letters: str, language: str, expected: str) -> None:
    assert " ".join(sounds(letters, language)) == expected


def test_marks_and_spaces_go_to_their_neighbours() -> None:
    seconds = [0.2, 0.1, 0.05, 0.1, 0.1, 0.05, 0.1, 0.2]  # pad, s, stress, a, long, space, m, pad
    timed_sounds = timed("sˈaː m", seconds, HUM, "it")
    begins = np.array([begin for _, begin, _ in timed_sounds]) + BIAS
    np.testing.assert_allclose(begins, [0.2, 0.3, 0.55 + SPACE * 0.05], atol=1e-9)


def test_a_pause_is_where_the_silence_is() -> None:
    seconds = [0.5, 0.2, 0.3, 0.1, 0.2, 0.2, 0.3]  # pad, a, m, comma, p, a, pad
    samples = HUM[: round(1.8 * RATE)].copy()
    samples[: round(0.4 * RATE)] = samples[round(0.75 * RATE) : round(1.1 * RATE)] = samples[round(1.4 * RATE) :] = 0
    timed_sounds = timed("am,pa", seconds, samples, "it")
    assert [sound for sound, _, _ in timed_sounds] == ["a", "m", "p", "a"]
    assert timed_sounds[0][1] == pytest.approx(0.4, abs=0.015)
    assert timed_sounds[1][2] == pytest.approx(0.75, abs=0.015)
    assert timed_sounds[2][1] == pytest.approx(1.1 - CLOSURE, abs=0.015)
    assert timed_sounds[3][2] == pytest.approx(1.4, abs=0.015)
    short = trimmed(Utterance(Voice("kokoro", "x", "it"), "", samples, timed_sounds), 0.1)
    assert short.seconds == pytest.approx(1.2, abs=0.03) and short.phones[0][1] == pytest.approx(0.1, abs=1e-3)
