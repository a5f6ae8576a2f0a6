# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.training.speech_corpus.synthesisers.kokoro_g2p import letters, missing
from mien.training.speech_corpus.utterance import CorpusError


@pytest.mark.parametrize(
    "language, text, expected",
    [
        ("en", "A big cat!", "ɐ bˈɪɡ kˈæt!"),
        ("es", "¿Qué? Mucho.", "kˈe? mˈuʧo."),
        ("fr", "Un bon vin, merci.", "œ̃ bˈɔ̃ vˈɛ̃, mɛʁsˈi."),
        ("it", "La pizza.", "la pˈiʦːa."),
        ("ja", "ふじさん", "ɸɯʥisaɴ"),
        ("zh", "你好。", "ni↓xau↓."),
    ],
)
def test_texts_are_read(language: str, text: str, expected: str) -> None:
    if missing(language):
        pytest.skip(missing(language))
    assert letters(text, language) == expected


def test_british_is_another_english() -> None:
    if missing("en"):
        pytest.skip(missing("en"))
    assert "ɑː" in letters("A bath.", "en", british=True) and "æ" in letters("A bath.", "en")


def test_what_cannot_be_read_is_refused_in_words() -> None:
    with pytest.raises(CorpusError, match="Kokoro speaks no 'xx'"):
        letters("Hello.", "xx")
