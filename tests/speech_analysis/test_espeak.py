# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.speech_analysis import espeak
from mien.speech_analysis.inventory import sounds_of

if espeak.missing():
    pytest.skip(espeak.missing(), allow_module_level=True)


def sounds_of_words(language: str, text: str) -> list[tuple[str, ...]]:
    return [sounds_of("".join(word)) for word in espeak.pronounce(language, text)]


def test_words_are_read_out_as_symbols_numbers_too() -> None:
    assert espeak.pronounce("en", "Church, 12!") == [["tʃ", "ɜː", "tʃ"], ["t", "w", "ɛ", "l", "v"]]
    assert sounds_of_words("es", "pies") == [("p", "j", "e", "s")]
    assert espeak.pronounce("en", "...") == []


def test_stressed_vowels_are_marked() -> None:
    marked = espeak.stresses("en", "decided, hobby")
    assert [symbol for symbol, stressed in marked if stressed] == ["aɪ", "ɑː"]
    assert [symbol for symbol, _ in marked] == [
        symbol for word in espeak.pronounce("en", "decided, hobby") for symbol in word
    ]


def test_a_word_of_another_language_leaves_no_mark() -> None:
    assert [symbol for word in espeak.pronounce("fr", "le week-end") for symbol in word if "(" in symbol] == []


def test_a_process_of_its_own_says_the_same_each_time() -> None:
    once, again = (espeak.say_in_process("en-us+whisper", "A pie.", 160, 40, 60) for _ in range(2))
    np.testing.assert_array_equal(once.samples, again.samples)
    assert once.phones == again.phones
    assert [symbol for symbol, _ in once.phones if symbol][1:] == ["p", "aɪ"]


def test_a_voice_that_is_not_there_is_named() -> None:
    with pytest.raises(espeak.EspeakError, match="no voice 'xx'"):
        espeak.say("xx", "pie")
    with pytest.raises(espeak.EspeakError, match="no voice 'xx'"):
        espeak.say_in_process("xx", "pie")
    with pytest.raises(espeak.EspeakError, match="hung over 'pie'"):
        espeak.say_in_process("en-us", "pie", limit_s=1e-4)
