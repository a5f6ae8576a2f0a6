# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference phones of each frame: forced alignment of a transcript by PocketSphinx's acoustic model.

The reference is PocketSphinx's on purpose: where Mien's recogniser is compared with it, PocketSphinx is favoured.
Pronunciations are those of the dictionary PocketSphinx ships, else espeak-ng's, in the phones whose lips they share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mien.audio.speech import Speech
from mien.evaluation.cache import Cache
from mien.evaluation.phones import pocketsphinx
from mien.evaluation.phones.recordings import Prompt
from mien.speech_analysis import espeak
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.forced_alignment import STATES, best_path, graph_of
from mien.speech_analysis.inventory import FOLD, sounds_of
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack, segments_of

EDITION = "2"  # of the alignments: a new one forgets those that were kept
VOICES = {"es": "es-419"}  # of espeak-ng, where it speaks as the speakers of the prompts do and not by the code
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
RATES = (2.0, 22.0)  # phones a second of speech: outside nobody speaks like that
DEVIATIONS = 3.0
SILENT = INDEX["SIL"]
FLOOR = 1e-3  # least probability of a recogniser's posteriors in an alignment

Words = list[list[list[str]]]  # each with its pronunciations, in ARPAbet


@dataclass(frozen=True, eq=False)
class Truth:
    """`phones` (T,) numbers in PHONES of frames of 10 ms; `fit`, the mean log likelihood of its frames of speech."""

    phones: np.ndarray
    fit: float

    @property
    def rate(self) -> float:
        """Phones a second of speech."""
        segments = [s for s in segments_of(self.phones) if s.phone != "SIL"]
        return len(segments) / max(0.01, sum(s.end - s.begin for s in segments) / 100)


def truth_of(prompt: Prompt, speech: Speech, cache: Cache) -> Truth:
    """The prompt's phones by PocketSphinx. RecognitionError where the text is too long for the sound."""

    def make() -> dict[str, np.ndarray]:
        likelihood = pocketsphinx_likelihood(speech)
        return _laid(likelihood, pronounced(prompt.language, prompt.text), _model_phones())

    key = ("truth", EDITION, speech.sha256, prompt.language, prompt.text)
    kept = cache.recall(key, make)
    return Truth(kept["phones"].astype(int), float(kept["fit"]))


def truth_by(prompt: Prompt, track: PhoneTrack) -> Truth:
    """The prompt's phones by the posteriors of another recogniser: a second reference. RecognitionError as above."""
    likelihood = np.repeat(np.maximum(track.posteriors, FLOOR)[:, :, None], STATES, 2)
    kept = _laid(likelihood, pronounced(prompt.language, prompt.text), PHONES)
    return Truth(kept["phones"].astype(int), float(kept["fit"]))


def pocketsphinx_likelihood(speech: Speech) -> np.ndarray:
    """(T, phones of the model, 3) at 100 Hz."""
    total = max(1, -(-len(speech.samples) // pocketsphinx.SAMPLES))
    return np.concatenate([part for _, _, part in pocketsphinx.likelihoods(speech, total, lambda done: None)])


def believable(truths: list[Truth]) -> list[bool]:
    """Which alignments of one voice can be right: not those that nobody could speak, nor those whose fit lies
    more than DEVIATIONS robust standard deviations (1.4826 median absolute deviations) below the voice's median."""
    fits = np.array([truth.fit for truth in truths])
    middle = float(np.median(fits)) if len(fits) else 0.0
    spread = 1.4826 * float(np.median(np.abs(fits - middle))) if len(fits) else 0.0
    least = middle - DEVIATIONS * spread - 1e-9
    return [RATES[0] <= truth.rate <= RATES[1] and truth.fit >= least for truth in truths]


def pronounced(language: str, text: str) -> Words:
    """A text as words with their pronunciations. RecognitionError where nothing in it can be said."""
    words = _english(text) if language == "en" else _foreign(language, text)
    if not words:
        raise RecognitionError(f"there is nothing to say in {text!r}.")
    return words


def _english(text: str) -> Words:
    """Word by word, from PocketSphinx's dictionary."""
    known = pocketsphinx._dictionary()
    words: Words = []
    for word in re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower().replace("\u2019", "'")):
        for part in [word] if word in known else word.split("-"):
            part = DIGITS[int(part)] if part.isdigit() and len(part) == 1 else part
            words += [known[part]] if part in known else [[phones] for phones in _espeak_phones("en", part)]
    return words


def _foreign(language: str, text: str) -> Words:
    """Sentence by sentence, so that words that run into each other do; French may drop its schwas."""
    words: Words = [[phones] for phones in _espeak_phones(language, text)]
    if language == "fr":
        for word in words:
            short = [phone for phone, sound in zip(word[0], word[0], strict=True) if sound != "AH"]
            word += [short] if short and short != word[0] else []
    return words


def _espeak_phones(language: str, text: str) -> list[list[str]]:
    """Groups of phones between which a silence may stand, by espeak-ng."""
    groups = espeak.pronounce(VOICES.get(language, language), text)
    phones = [[FOLD[sound] for symbol in group for sound in sounds_of(symbol)] for group in groups]
    return [group for group in phones if group]


def _model_phones() -> tuple[str, ...]:
    return pocketsphinx._senones().phones


def _laid(likelihood: np.ndarray, words: Words, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arrays of a Truth: the best path of the words through (T, names, 3) likelihood."""
    number = {name: i for i, name in enumerate(names)}
    graph, ends = graph_of([[[number[p] for p in phones] for phones in word] for word in words], number["SIL"])
    path = best_path(likelihood, graph, ends)
    own = np.array([INDEX.get(name, SILENT) for name in names])
    phones = own[path]
    is_speech = phones != SILENT
    best = np.log(likelihood[np.arange(len(path)), path].max(1) + 1e-30)
    return {"phones": phones.astype(np.int8), "fit": np.array(best[is_speech].mean() if is_speech.any() else -np.inf)}
