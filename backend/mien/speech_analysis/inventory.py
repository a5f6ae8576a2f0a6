# SPDX-License-Identifier: GPL-3.0-or-later
"""The recogniser's sounds of many languages, in IPA, each with the ARPAbet phone whose lips and jaw it shares.

Finer than ARPAbet where languages differ (French y and ø, a Spanish r, the plain e and o of most languages), and
coarser than IPA where neither sound nor lips differ enough. Engines use only the 40 phones of `track.PHONES`.
"""

from __future__ import annotations

import functools

import numpy as np

from mien.speech_analysis.ipa import phones_of, translated
from mien.speech_analysis.track import INDEX, PHONES

SIL = "sil"
CONSONANTS = tuple("p b m f v t d n s z θ ð ʃ ʒ tʃ dʒ k ɡ ŋ x h l r ɾ ɹ ʁ j ɲ w".split())
VOWELS = tuple("i ɪ ɨ y e ɛ ø œ æ a ɑ ɐ ə ʌ ɜ ɔ o ʊ u aɪ aʊ eɪ oʊ ɔɪ".split())
SOUNDS = (SIL, *CONSONANTS, *VOWELS)
NUMBER = {sound: i for i, sound in enumerate(SOUNDS)}
BILABIAL, LABIODENTAL = ("p", "b", "m"), ("f", "v")

# Letters of IPA that are written as another sound, or as two. Longest first wins.
SPELT: dict[str, tuple[str, ...]] = {
    "ts": ("t", "s"), "dz": ("d", "z"), "pf": ("p", "f"), "tɕ": ("tʃ",), "dʑ": ("dʒ",), "tʂ": ("tʃ",), "dʐ": ("dʒ",),
    "ʧ": ("tʃ",), "ʤ": ("dʒ",), "ʨ": ("tʃ",), "ʥ": ("dʒ",), "ʦ": ("t", "s"), "ʣ": ("d", "z"), "ꭧ": ("tʃ",), "ꭦ": ("dʒ",),
    "əʊ": ("oʊ",), "aj": ("aɪ",), "aw": ("aʊ",), "ej": ("eɪ",), "ow": ("oʊ",), "oj": ("ɔɪ",), "ɔø": ("ɔɪ",), "ɔʏ": ("ɔɪ",),
    "ai": ("aɪ",), "au": ("aʊ",), "ei": ("eɪ",), "ou": ("oʊ",), "oi": ("ɔɪ",), "ɔi": ("ɔɪ",), "ɛi": ("eɪ",), "ɛɪ": ("eɪ",),
    "ɸ": ("f",), "β": ("b",), "ɱ": ("m",), "ʋ": ("v",), "g": ("ɡ",), "ʈ": ("t",), "ɖ": ("d",), "ɳ": ("n",), "ɴ": ("ŋ",),
    "ɭ": ("l",), "ɬ": ("l",), "ɫ": ("l",), "ʟ": ("l",), "ɮ": ("l",), "ɕ": ("ʃ",), "ʑ": ("ʒ",), "ʂ": ("ʃ",), "ʐ": ("ʒ",), "ɧ": ("ʃ",),
    "\u00e7": ("x",), "χ": ("x",), "ħ": ("h",), "ɦ": ("h",), "ʕ": ("ʁ",), "ʀ": ("ʁ",), "ɣ": ("ɡ",), "q": ("k",), "ʝ": ("j",),
    "ʎ": ("j",), "c": ("k",), "ɟ": ("ɡ",), "ɥ": ("w",), "ʍ": ("w",), "ɰ": ("w",), "ɻ": ("ɹ",), "ɽ": ("ɾ",), "ɺ": ("ɾ",), "ᵻ": ("ɪ",),
    "ɯ": ("ɨ",), "ɒ": ("ɑ",), "ɤ": ("ʌ",), "ɚ": ("ɜ",), "ɝ": ("ɜ",), "ɘ": ("ə",), "ɞ": ("ɜ",), "ɵ": ("ø",), "ʏ": ("y",), "ʉ": ("u",),
    "ɶ": ("œ",), "ʔ": (), "ǀ": (), "ʘ": (),
}  # fmt: skip
SPELT |= {sound: (sound,) for sound in SOUNDS[1:]}

FOLD = {SIL: "SIL", **{sound: phones_of(sound)[0] for sound in SOUNDS[1:]}}


@functools.lru_cache(maxsize=4096)
def sounds_of(ipa: str) -> tuple[str, ...]:
    """Sounds of an IPA string, without silence; length, stress, tone, nasality and ties are passed over.

    ValueError for a letter that is no IPA sound.
    """
    return translated(ipa, SPELT)


@functools.cache
def folding() -> np.ndarray:
    """(sounds, 40) float32: the matrix that adds up the probabilities of sounds to those of phones."""
    matrix = np.zeros((len(SOUNDS), len(PHONES)), np.float32)
    for sound, phone in FOLD.items():
        matrix[NUMBER[sound], INDEX[phone]] = 1
    return matrix
