# SPDX-License-Identifier: GPL-3.0-or-later
"""The phoneme letters of Kokoro (and of hibari, distilled from it), and the times of their sounds.

Both networks predict a duration for each letter, but the sound of a letter begins BIAS earlier, a stress mark is
already the vowel after it, most of a space is already the next consonant, and a pause belongs to the last letter before
it. Measured on 40 English sentences of ten Kokoro voices: where the energy above 3.5 kHz overtakes that below
(sibilants) or the energy below 1 kHz halves (stops) the boundary lies 55-62 ms before the end of the earlier letter
without a mark, 47-78 ms with a stress mark, 35-38 ms with a space of 50 ms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.numeric.mask_runs import runs
from mien.speech_analysis.inventory import sounds_of
from mien.training.speech_corpus.utterance import RATE, Timed, Utterance

BIAS = 0.06  # s that the letters are late; so the boundaries of 60 sentences are as flite's, within 20 ms a kind
SPACE = 0.4  # part of a space that is still the sound before it
SOUND_OF_LETTER = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "ᵊ": "ə",
    "T": "ɾ",
    "S": "s",
    "ꭧ": "tʃ",
}
SOUND_OF_LETTER |= {"ɜɹ": "ɜ", "əɹ": "ɜ"}
OTHERWISE = {"en": {"a": "æ"}, "ja": {"β": "w"}, "zh": {"ai": "aɪ", "au": "aʊ", "ei": "eɪ", "ou": "oʊ"}}
VOWEL = "[ˈˌ ]*[aeiouyAIOQWYɑɐɒæɔəɚɛɜɪɨɯøœʊʌɤᵊᵻ]"
# letters that are one sound: an American er, and a diphthong unless its glide begins a syllable
TOGETHER = rf"ɜɹ|əɹ(?!{VOWEL})|[aeo][jw](?!{VOWEL})|"
EARLY = frozenset("ˈˌʔ")  # already the sound after them
MARKS = frozenset("ː\u0303ʰʲᵝ↓→↗↘")  # lengthen what is before them
PAUSES = frozenset(';:,.!?—…"()“”')
STOPS = frozenset(("p", "b", "t", "d", "k", "ɡ", "tʃ", "dʒ"))
CLOSURE = 0.07  # seconds of silence before a burst that belong to the stop
QUIET_DB = -42.0  # against the loudest tenth: weak final fricatives are above, the tail of the decoder below
PAUSE = 0.04  # the shortest silence that is kept apart from the sounds beside it, seconds
SHORTEST = 0.04  # of the first sound after a pause, seconds: a weak one is lost in the quiet
LONG_SPACE = 0.1  # seconds from which a space may be a pause
HOP = 80  # samples


@dataclass
class LetterSounds:
    """Sounds of one letter from `begin` to `end` seconds; `pause`: a pause may precede it."""

    sounds: tuple[str, ...]
    begin: float
    end: float
    pause: bool


def timed(letters: str, seconds: Sequence[float], samples: np.ndarray, language: str) -> tuple[Timed, ...]:
    """Sounds with their times, from `letters` and the `seconds` of each with those of a pad before and after
    (len + 2), moved to where they are in `samples` (N,) at 16 kHz. ValueError for a letter that is no sound."""
    edges = np.cumsum(seconds)[:-1].tolist()
    spans: list[LetterSounds] = []
    pause, begin = True, edges[0]
    others = OTHERWISE.get(language, {})
    for match in re.finditer(TOGETHER + "".join(f"{two}|" for two in others) + ".", letters, re.DOTALL):
        unit, unit_begin, unit_end = match.group(), edges[match.start()], edges[match.end()]
        if unit in EARLY:
            continue
        if unit in MARKS:
            if spans and begin == unit_begin:
                spans[-1].end = begin = unit_end
        elif unit == " " or unit in PAUSES:
            pause |= unit in PAUSES or unit_end - unit_begin > LONG_SPACE
            if spans and begin == unit_begin:
                spans[-1].end = begin = unit_begin + SPACE * (unit_end - unit_begin)
        elif sounds := sounds_of(others.get(unit) or SOUND_OF_LETTER.get(unit, unit)):
            spans.append(LetterSounds(sounds, begin, unit_end, pause))
            pause, begin = False, unit_end
    for span in spans:
        span.begin, span.end = max(0.0, span.begin - BIAS), max(0.0, span.end - BIAS)
    part_at_pauses(spans, quiet(samples))
    return tuple(spread(spans, len(samples) / RATE))


def quiet(samples: np.ndarray) -> np.ndarray:
    """(T,) which 5 ms frames are silence."""
    power = np.convolve(np.square(samples, dtype=np.float64), np.ones(2 * HOP) / (2 * HOP), "same")[HOP // 2 :: HOP]
    return 10 * np.log10(power + 1e-12) < 10 * np.log10(np.percentile(power, 90) + 1e-12) + QUIET_DB


def part_at_pauses(spans: list[LetterSounds], silent: np.ndarray) -> None:
    """Moves the ends beside each pause to where its silence is."""
    step = HOP / RATE
    for last, following in zip([None, *spans], [*spans, None], strict=True):
        if last and following and not following.pause:
            continue
        low = int((last.begin + min(0.03, (last.end - last.begin) / 2)) / step) if last else 0
        high = int((following.begin + following.end) / 2 / step) if following else len(silent)
        run = longest_run(silent[low:high])
        begin, end = (low + run[0]) * step, (low + run[1]) * step
        if last and last.sounds[-1] in STOPS and begin - last.begin < CLOSURE:
            begin = min(end, last.begin + CLOSURE)  # never released: the silence is its closure too
        if following and following.sounds[0] in STOPS:
            end = max(begin, end - CLOSURE)
        if end - begin >= PAUSE:
            if last:
                last.end = begin
            if following:
                following.begin = min(end, following.end - SHORTEST)


def longest_run(states: np.ndarray) -> tuple[int, int]:
    """Begin and end of the longest run of True; (0, 0) if there is none."""
    all_runs = runs(states)
    if not len(all_runs):
        return 0, 0
    begin, end = all_runs[np.argmax(np.diff(all_runs)[:, 0])].tolist()
    return begin, end


def spread(spans: list[LetterSounds], seconds: float) -> list[Timed]:
    """One entry per sound; those of one letter share its time equally."""
    timeline: list[Timed] = []
    for span in spans:
        edges = np.linspace(min(span.begin, seconds), min(span.end, seconds), len(span.sounds) + 1)
        for sound, begin, end in zip(span.sounds, edges[:-1], edges[1:], strict=True):
            if end > begin:
                timeline.append((sound, float(begin), float(end)))
    return timeline


def trimmed(utterance: Utterance, silence: float) -> Utterance:
    """With at most `silence` seconds of silence before the first and after the last sound."""
    first, last = utterance.phones[0][1], utterance.phones[-1][2]
    cut = max(0, round((first - silence) * RATE))
    samples = utterance.samples[cut : round((last + silence) * RATE)]
    seconds = len(samples) / RATE
    phones = [(s, b - cut / RATE, min(e - cut / RATE, seconds)) for s, b, e in utterance.phones]
    return replace(utterance, samples=np.ascontiguousarray(samples, np.float32), phones=tuple(phones))
