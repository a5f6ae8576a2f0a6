# SPDX-License-Identifier: GPL-3.0-or-later
"""Festival's phone sets, each phone with its sounds. Read from the definitions that come with its voices."""

from __future__ import annotations

from collections.abc import Mapping

from mien.speech_analysis.inventory import sounds_of
from mien.training.speech_corpus.synthesisers.arpabet import SILENCE, SOUND_OF

_SILENT = dict.fromkeys(("#", "##", "_", *SILENCE), "")
_STOPS = {"p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "ɡ"}
_COMMON = _SILENT | _STOPS | {c: c for c in "fvszmnlrjwaeiou"}


def _table(ipa: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {phone: sounds_of(written) for phone, written in ipa.items()}


def _stressed(ipa: Mapping[str, str]) -> dict[str, str]:
    return {phone + mark: written for phone, written in ipa.items() for mark in ("", "1")}


_ITALIAN = _COMMON | {
    "E": "ɛ", "O": "ɔ", "S": "ʃ", "Z": "ʒ", "ts": "ts", "tS": "tʃ", "dz": "dz", "dZ": "dʒ", "J": "ɲ", "ng": "ŋ",
    "nf": "ɱ", "L": "ʎ",
}  # fmt: skip
_CATALAN = _COMMON | {"ax": "ə", "E": "ɛ", "O": "ɔ", "J": "ɲ", "L": "ʎ", "r": "ɾ", "rr": "r", "S": "ʃ", "Z": "ʒ"}
_FINNISH = _COMMON | {
    "a": "ɑ", "y": "y", "@": "æ", "7": "ø", "&": "ə", "?": "ʔ", "T": "θ", "D": "ð", "S": "ʃ", "Z": "ʒ", "h": "h",
    "N": "ŋ", "L": "l",
}  # fmt: skip
_CZECH = _COMMON | {
    "c": "ts", "c~": "tʃ", "ch": "x", "d~": "ɟ", "dz": "dz", "dz~": "dʒ", "h": "ɦ", "n*": "ŋ", "n~": "ɲ", "s~": "ʃ",
    "t~": "c", "z~": "ʒ", "r~": "ʒ", "r~*": "ʃ", "e": "ɛ", "i": "ɪ", "i:": "i",
}  # fmt: skip
_RUSSIAN_HARD = _STOPS | {
    "f": "f", "v": "v", "s": "s", "z": "z", "h": "x", "m": "m", "n": "n", "l": "l", "r": "r",
}  # fmt: skip
_RUSSIAN = (
    _SILENT
    | {phone * soft: written for phone, written in _RUSSIAN_HARD.items() for soft in (1, 2)}  # a soft one is doubled
    | {"nn": "ɲ", "c": "ts", "ch": "tɕ", "sh": "ʂ", "sch": "ɕ", "zh": "ʐ", "j": "j"}
    | {"aa": "a", "ee": "e", "ii": "i", "oo": "o", "uu": "u", "yy": "ɨ"}
    | {"a": "ɐ", "e": "e", "i": "ɪ", "y": "ɨ", "u": "u", "ae": "ə", "ay": "ə", "ur": "ʊ"}
)
_HINDI = _COMMON | {
    "a": "ə", "aa": "a", "ih": "ɪ", "iy": "i", "uh": "ʊ", "uw": "u", "eh": "e", "ee": "ɛ", "ay": "aɪ", "oh": "o",
    "oo": "ɔ", "aw": "aʊ", "ch": "tʃ", "T": "ʈ", "D": "ɖ", "N": "ɳ", "th": "t", "dh": "d", "tth": "t", "ddh": "d",
    "td": "t", "kh": "k", "gh": "ɡ", "bh": "b", "y": "j", "r": "ɾ", "R": "ɾ", "L": "ɭ", "sh": "ʃ", "j": "dʒ",
    "h": "h", "ksh": "kʃ", "sri": "sɾi", "x": "", "zh": "ɻ", "@": "ə",
}  # fmt: skip

TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "radio": _table(_SILENT | SOUND_OF),
    "italian": _table(_stressed(_ITALIAN)),
    "catalan": _table(_stressed(_CATALAN)),
    "finnish": _table(_FINNISH),
    "czech": _table(_CZECH),
    "russian": _table(_RUSSIAN),
    "hindi": _table(_HINDI),
}


def sounds_in(phoneset: str, phone: str) -> tuple[str, ...]:
    """Sounds of a phone; a colon behind it makes it long. KeyError when the set has no such phone."""
    table = TABLES[phoneset]
    return table[phone] if phone in table else table[phone.rstrip(":")]
