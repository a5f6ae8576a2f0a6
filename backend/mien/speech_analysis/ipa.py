# SPDX-License-Identifier: GPL-3.0-or-later
"""IPA, as synthesisers of many languages speak it, to the phones whose lips and jaw it shares.

After docs/articulation.md, section 1, "From other phone sets".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

# Longest first wins, so affricates and diphthongs stand before their parts.
SOUNDS: dict[str, tuple[str, ...]] = {
    "tʃ": ("CH",),
    "dʒ": ("JH",),
    "ts": ("T", "S"),
    "dz": ("D", "Z"),
    "pf": ("P", "F"),
    "aɪ": ("AY",),
    "aʊ": ("AW",),
    "eɪ": ("EY",),
    "oʊ": ("OW",),
    "əʊ": ("OW",),
    "ɔɪ": ("OY",),
    "ɔø": ("OY",),
    "ɔʏ": ("OY",),
    "aj": ("AY",),
    "aw": ("AW",),
    "ej": ("EY",),
    "oj": ("OY",),
    "p": ("P",),
    "b": ("B",),
    "m": ("M",),
    "ɸ": ("P",),
    "β": ("B",),
    "ɱ": ("M",),
    "f": ("F",),
    "v": ("V",),
    "ʋ": ("V",),
    "t": ("T",),
    "d": ("D",),
    "n": ("N",),
    "s": ("S",),
    "z": ("Z",),
    "θ": ("TH",),
    "ð": ("DH",),
    "l": ("L",),
    "ɫ": ("L",),
    "ɾ": ("D",),
    "ʈ": ("T",),
    "ɖ": ("D",),
    "ɳ": ("N",),
    "ɭ": ("L",),
    "ɬ": ("L",),
    "ʃ": ("SH",),
    "ʒ": ("ZH",),
    "ɕ": ("SH",),
    "ʑ": ("ZH",),
    "ʂ": ("SH",),
    "ʐ": ("ZH",),
    "ɧ": ("SH",),
    "\u00e7": ("HH",),
    "k": ("K",),
    "ɡ": ("G",),
    "g": ("G",),
    "ŋ": ("NG",),
    "x": ("K",),
    "χ": ("K",),
    "ɣ": ("G",),
    "q": ("K",),
    "ʁ": ("HH",),
    "ʀ": ("HH",),
    "h": ("HH",),
    "ɦ": ("HH",),
    "ħ": ("HH",),
    "r": ("L",),
    "ɹ": ("R",),
    "ɻ": ("R",),
    "j": ("Y",),
    "ʝ": ("Y",),
    "ɲ": ("Y",),
    "ʎ": ("Y",),
    "c": ("Y",),
    "ɟ": ("Y",),
    "w": ("W",),
    "ɥ": ("W",),
    "ʍ": ("W",),
    "i": ("IY",),
    "ɪ": ("IH",),
    "ɨ": ("IH",),
    "ᵻ": ("IH",),
    "ɯ": ("IH",),
    "e": ("EH",),
    "ɛ": ("EH",),
    "æ": ("AE",),
    "a": ("AA",),
    "ɑ": ("AA",),
    "ɒ": ("AA",),
    "ɐ": ("AH",),
    "ə": ("AH",),
    "ʌ": ("AH",),
    "ɤ": ("AH",),
    "ɜ": ("ER",),
    "ɚ": ("ER",),
    "ɝ": ("ER",),
    "ɔ": ("AO",),
    "o": ("AO",),
    "ʊ": ("UH",),
    "u": ("UW",),
    "ʉ": ("UW",),
    "y": ("UW",),
    "ʏ": ("UH",),
    "ø": ("UH",),
    "œ": ("UH",),
    "ʔ": (),
}


def phones_of(symbol: str) -> tuple[str, ...]:
    """Phones of an IPA symbol or a short string of them; length, stress, tone and accents are passed over.

    An empty symbol, or one that is only such marks, has none. ValueError for a letter that is no IPA sound.
    """
    return translated(symbol, SOUNDS)


def translated(ipa: str, table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The entries of `table` for the letters of an IPA string, the longest match first; length, stress, tone, nasality
    and ties are passed over. ValueError for a letter that is not in it."""
    letters = ""
    for c in unicodedata.normalize("NFC", ipa):
        plain = c if c in table else unicodedata.normalize("NFD", c)[0]  # a nasal vowel is its oral one
        letters += plain if unicodedata.category(plain) in ("Ll", "Lo") else ""
    longest = max(map(len, table))
    names: list[str] = []
    at = 0
    while at < len(letters):
        for length in range(min(longest, len(letters) - at), 0, -1):
            if letters[at : at + length] in table:
                names += table[letters[at : at + length]]
                at += length
                break
        else:
            raise ValueError(f"{letters[at]!r} in {ipa!r} is no IPA sound that Mien knows")
    return tuple(names)
