# SPDX-License-Identifier: GPL-3.0-or-later
import re
import unicodedata
from collections import Counter

import pytest
from mien.training.speech_corpus import text
from mien.training.speech_corpus.text import LANGUAGES, SPACELESS, balanced, filled, fits, grammar, sentences
from mien.training.speech_corpus.utterance import CorpusError

SCRIPT = {"hi": "DEVANAGARI", "ru": "CYRILLIC", "el": "GREEK", "zh": "CJK", "ja": "HIRAGANA|KATAKANA|CJK"}
CLEAN = re.compile(r"[\w\u0900-\u097f ,.?!;:'’\-…¿¡।。、，！？：；·ー]+")


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """The tests of a language run one after another, so that its sentences are made once."""
    return request.param


def test_sentences_are_many_distinct_and_clean(language: str) -> None:
    texts = sentences(language)
    assert len(texts) >= 700
    assert len(set(texts)) == len(texts)
    assert all(fits(language, t) for t in texts)
    assert [t for t in texts if not CLEAN.fullmatch(t) or "  " in t or "_" in t] == []
    assert [t for t in texts if re.search(r"\d", t)] == []


def test_sentences_keep_to_the_script_of_their_language(language: str) -> None:
    script = SCRIPT.get(language, "LATIN")
    for t in sentences(language):
        for c in t:
            assert not c.isalpha() or c in "ー々" or re.match(script, unicodedata.name(c)), (c, t)


def test_a_language_is_more_than_its_templates(language: str) -> None:
    """Plain sentences, and choices of slots that are not all said over and over."""
    templates, _ = grammar((text.FOLDER / f"{language}.txt").read_text(encoding="utf-8"))
    plain = [t for t in templates if "{" not in t]
    assert len(plain) >= 40
    assert [t for t in plain if not fits(language, t)] == []
    assert len(set(plain)) == len(plain)


def test_a_language_has_each_of_its_letters_soon(language: str) -> None:
    if language in SPACELESS:
        pytest.skip("its letters are thousands")
    texts = sentences(language)
    everywhere = Counter(c for t in texts for c in set(t.casefold()) if c.isalpha())
    early = {c for t in texts[:100] for c in t.casefold()}
    assert [c for c, count in everywhere.items() if count >= 10 and c not in early] == []


def test_sentences_are_the_same_when_made_again() -> None:
    assert sentences.__wrapped__("it") == sentences("it")


def test_english_without_wordnet_is_smaller_and_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "wordnet", lambda: ())
    assert len(sentences.__wrapped__("en")) >= 1000


@pytest.mark.skipif(not text.WORDNET.is_dir(), reason="Debian's wordnet-base is not installed")
def test_wordnet_makes_english_rich() -> None:
    assert len(sentences("en")) >= 6000
    assert all(t[0].isupper() and t[-1] in ".?!" for t in text.wordnet())


def test_a_slot_is_filled_without_repeating_a_word() -> None:
    class First:
        def choice(self, words: list[str]) -> str:
            return words[0]

    assert filled("{who} and {who}.", {"who": ["the {pet}", "he"], "pet": ["cat"]}, First()) == "The cat and he."


def test_a_slot_nobody_defined_is_named() -> None:
    with pytest.raises(CorpusError, match="{fruit}"):
        grammar("I eat {fruit}.\nname = Bob")


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(CorpusError, match="'tlh'.*en, es"):
        sentences("tlh")


def test_balanced_goes_on_with_the_rarest_pairs() -> None:
    assert balanced(["abab", "abac", "xyzw"], 3) == ["abab", "xyzw", "abac"]
