# SPDX-License-Identifier: GPL-3.0-or-later
"""Forced alignment of a transcript in any language with the recogniser's probabilities.

espeak-ng gives the pronunciation, numbers and names included. The language need not be given: of those written in the
text's script, the one whose pronunciation fits the sound best is taken. Subtitles are aligned within their times, and
where they say nothing the sound alone is followed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from mien.speech_analysis import espeak
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.forced_alignment import STATES, best_path, graph_of
from mien.speech_analysis.inventory import NUMBER, SIL, SOUNDS, sounds_of
from mien.speech_analysis.subtitles import Cue, cues_of
from mien.speech_analysis.track import RATE, Word
from mien.speech_analysis.words import words_of

# Languages by the script they are written in, as Unicode names its letters; the commonest first
LANGUAGES = {
    "LATIN": ("en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "cs", "ca", "fi", "hu", "ro", "tr"),
    "CYRILLIC": ("ru", "uk", "bg"),
    "GREEK": ("el",),
    "DEVANAGARI": ("hi", "mr"),
    "CJK": ("zh",),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
    "ARABIC": ("ar", "fa"),
    "HEBREW": ("he",),
}
FLOOR = 1e-4  # least probability of a sound, so that an accent is no error
COARSE = 4  # frames taken as one where languages are only compared
ENOUGH = 400  # sounds of a text that are compared
PAD = 1.0  # s that words may be before and after the time of their subtitle
OTHER = len(SOUNDS)  # number of whatever is said between two subtitles
OTHER_SHARE = 0.05  # its probability, of that of the most probable sound


@dataclass(frozen=True, eq=False)
class Alignment:
    """`path` (T,) numbers in SOUNDS of the text's sounds in their order; `covered` (T,) bool: where the text says what
    is spoken, all of it but for subtitles, between which somebody may speak as well; `claimed` (T,) bool: where it
    should, by the times of subtitles; `words`: when each word is said."""

    path: np.ndarray
    covered: np.ndarray
    claimed: np.ndarray
    words: tuple[Word, ...] = ()


def align_transcript(text: str, sounds: np.ndarray) -> Alignment:
    """The alignment of a text, or of subtitles, with the recogniser's probabilities `sounds` (T, sounds).

    RecognitionError for a text without words, in a script that espeak-ng does not read, or too long for the sound.
    """
    if why := espeak.missing():
        raise RecognitionError(f"a transcript is pronounced by espeak-ng, and it is not here: {why}")
    cues = cues_of(text)
    timed = [cue for cue in cues if cue.begin is not None]
    cues = tuple(cue for cue in timed if cue.begin is not None and cue.begin * RATE < len(sounds)) if timed else cues
    if timed and not cues:
        raise RecognitionError(
            f"the subtitles begin at {timed[0].begin:.1f} s and the sound ends at {len(sounds) / RATE:.1f} s: choose "
            "those of this sound."
        )
    whole = " ".join(cue.text for cue in cues)
    pronunciations = {language: _pronounced(language, whole) for language in _languages(whole)}
    pronunciations = {language: words for language, words in pronunciations.items() if words}
    if not pronunciations:
        raise RecognitionError("the transcript has no words that could be pronounced; leave it out to let Mien listen.")
    several = len(pronunciations) > 1
    language = _nearest(pronunciations, sounds) if several else next(iter(pronunciations))
    if not timed:
        path = best_path(_likelihood(sounds), *_graph(pronunciations[language]))
        everywhere = np.ones(len(path), bool)
        aligned = Alignment(path, everywhere, everywhere)
    else:
        aligned = _within_times(cues, language, sounds)
    texts = whole.split()
    spoken = [[sound for word in _pronounced(language, text) for sound in word] for text in texts]
    return replace(aligned, words=words_of(texts, spoken, aligned.path, NUMBER[SIL]))


def _within_times(cues: tuple[Cue, ...], language: str, sounds: np.ndarray) -> Alignment:
    """Each cue's words within its time and PAD seconds around it; between two cues anything may be said. Without times
    where the words do not fit so."""
    words, spans, gaps = [], [], [OTHER]
    claimed = np.zeros(len(sounds), bool)
    for cue in cues:
        said = _pronounced(language, cue.text)
        span = round(((cue.begin or 0.0) - PAD) * RATE), round(((cue.end or 0.0) + PAD) * RATE)
        claimed[max(0, span[0] + round(PAD * RATE)) : max(0, span[1] - round(PAD * RATE))] = True
        words += said
        spans += [span] * len(said)
        gaps += [NUMBER[SIL]] * (len(said) - 1) + [OTHER] * bool(said)
    graph, ends = graph_of([[word] for word in words], NUMBER[SIL], gaps)
    # a state of what is between before the first word and after each: see `graph_of`
    times = [(0, len(sounds))] * STATES
    for word, span in zip(words, spans, strict=True):
        times += [span] * (STATES * len(word)) + [(0, len(sounds))] * STATES
    other = np.maximum(sounds[:, NUMBER[SIL]], OTHER_SHARE * sounds.max(1))
    likelihood = _likelihood(np.concatenate([sounds, other[:, None]], 1))
    try:
        path = best_path(likelihood, graph, ends, np.array(times))
    except RecognitionError:
        path = best_path(likelihood, graph, ends)
    covered = path != OTHER
    return Alignment(np.where(covered, path, NUMBER[SIL]), covered, covered | claimed)


def _languages(text: str) -> tuple[str, ...]:
    """Languages the text may be in."""
    counts: dict[str, int] = {}
    for letter in filter(str.isalpha, text):
        script = unicodedata.name(letter, "").split()[0].split("-")[0]
        counts[script] = counts.get(script, 0) + 1
    if not counts:
        return LANGUAGES["LATIN"] if any(map(str.isdigit, text)) else ()
    kana = counts.get("HIRAGANA", 0) + counts.get("KATAKANA", 0)
    if kana and counts.get("CJK"):
        raise RecognitionError("the Japanese transcript has kanji, whose reading is not known here: write it in kana.")
    script = max(counts, key=lambda name: counts[name])
    if script not in LANGUAGES:
        raise RecognitionError(
            f"transcripts in {script.title()} letters cannot be read yet; leave it out to let Mien listen."
        )
    return LANGUAGES[script]


def _pronounced(language: str, text: str) -> list[list[int]]:
    """Numbers of the sounds of each word; nothing where espeak-ng does not speak the language."""
    try:
        words = espeak.pronounce(language, text)
    except espeak.EspeakError:
        return []
    numbers = []
    for word in words:
        try:
            numbers.append([NUMBER[sound] for symbol in word for sound in sounds_of(symbol)])
        except ValueError as error:
            raise RecognitionError(f"the transcript has a sound that Mien does not know: {error}.") from error
    return [word for word in numbers if word]


def _nearest(pronunciations: dict[str, list[list[int]]], sounds: np.ndarray) -> str:
    """The language whose pronunciation the sound is most probably of."""
    total = len(sounds) // COARSE * COARSE
    if not total:
        return next(iter(pronunciations))
    likelihood = np.log(np.maximum(sounds[:total].reshape(-1, COARSE, len(SOUNDS)).mean(1), FLOOR))
    scores = {}
    for language, words in pronunciations.items():
        phones = [number for word in words for number in word]
        # a long text is compared by its beginning, over the share of the sound that this takes
        part = phones[:ENOUGH]
        frames = max(len(part) + 2, round(len(likelihood) * len(part) / len(phones)))
        scores[language] = _left_to_right(likelihood[:frames], part)
    return max(scores, key=lambda language: scores[language])


def _left_to_right(score: np.ndarray, phones: list[int]) -> float:
    """Mean log probability of the best way through `phones` and silence, one state each; -inf if there is no time."""
    row = [NUMBER[SIL], *phones]
    value = np.full(len(row), -np.inf)
    value[:2] = score[0, row[:2]]
    silent = score[:, NUMBER[SIL]]
    for t in range(1, len(score)):
        entered = np.maximum(value, np.concatenate([[-np.inf], value[:-1]]))
        # a pause may stand anywhere: a frame of it costs what silence costs
        value = np.maximum(entered + score[t, row], value + silent[t])
    return float(value[-1]) / len(score)


def _graph(words: list[list[int]]):
    return graph_of([[word] for word in words], NUMBER[SIL])


def _likelihood(sounds: np.ndarray) -> np.ndarray:
    """(T, sounds, 3): a sound is alike from beginning to end."""
    return np.repeat(np.maximum(sounds, FLOOR)[:, :, None], STATES, 2)


__all__ = ["Alignment", "align_transcript"]
