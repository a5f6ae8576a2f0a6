# SPDX-License-Identifier: GPL-3.0-or-later
"""The phoneme letters of Kokoro (and of hibari, its pupil), and when each of their sounds is heard.

Both networks say how long each letter lasts, but a letter is not where it is heard: the sound of a letter begins BIAS
earlier, a stress mark is already the vowel after it, most of a space is already the next consonant, and a pause hides
in the last letter before it. Measured on 40 English sentences of ten Kokoro voices: where the energy above 3.5 kHz
overtakes that below (sibilants) or the energy below 1 kHz halves (stops) the boundary lies 55-62 ms before the end of
the earlier letter without a mark, 47-78 ms with a stress mark, 35-38 ms with a space of 50 ms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.numeric.mask_runs import runs
from mien.speech_analysis.inventory import sounds_of
from mien.training.speech_corpus.utterance import RATE, Timed, Utterance

BIAS = 0.06  # seconds the letters are late; so the boundaries of 60 sentences lie as flite's do, within 20 ms a kind
SPACE = 0.4  # part of a space that is still the sound before it
SPOKEN = {"A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ", "ᵊ": "ə", "T": "ɾ", "S": "s", "ꭧ": "tʃ"}
SPOKEN |= {"ɜɹ": "ɜ", "əɹ": "ɜ"}
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
PAUSE = 0.04  # the shortest silence that is told from the sounds beside it, seconds
SHORTEST = 0.04  # of the first sound after a pause, seconds: a weak one is lost in the quiet
LONG_SPACE = 0.1  # seconds from which a space may be a pause
HOP = 80  # samples


@dataclass
class Heard:
    """Sounds of one letter from `begin` to `end` seconds; `pause`: a pause may precede it."""

    sounds: tuple[str, ...]
    begin: float
    end: float
    pause: bool


def timed(letters: str, seconds: Sequence[float], samples: np.ndarray, language: str) -> tuple[Timed, ...]:
    """Sounds with their times, from `letters` and the `seconds` of each with those of a pad before and after
    (len + 2), as they are heard in `samples` (N,) at 16 kHz. ValueError for a letter that is no sound."""
    edges = np.cumsum(seconds)[:-1].tolist()
    heard: list[Heard] = []
    pause, begin = True, edges[0]
    others = OTHERWISE.get(language, {})
    for found in re.finditer(TOGETHER + "".join(f"{two}|" for two in others) + ".", letters, re.DOTALL):
        unit, begun, ended = found.group(), edges[found.start()], edges[found.end()]
        if unit in EARLY:
            continue
        if unit in MARKS:
            if heard and begin == begun:
                heard[-1].end = begin = ended
        elif unit == " " or unit in PAUSES:
            pause |= unit in PAUSES or ended - begun > LONG_SPACE
            if heard and begin == begun:
                heard[-1].end = begin = begun + SPACE * (ended - begun)
        elif sounds := sounds_of(others.get(unit) or SPOKEN.get(unit, unit)):
            heard.append(Heard(sounds, begin, ended, pause))
            pause, begin = False, ended
    for one in heard:
        one.begin, one.end = max(0.0, one.begin - BIAS), max(0.0, one.end - BIAS)
    part_at_pauses(heard, quiet(samples))
    return tuple(spread(heard, len(samples) / RATE))


def quiet(samples: np.ndarray) -> np.ndarray:
    """(T,) which 5 ms frames are silence."""
    power = np.convolve(np.square(samples, dtype=np.float64), np.ones(2 * HOP) / (2 * HOP), "same")[HOP // 2 :: HOP]
    return 10 * np.log10(power + 1e-12) < 10 * np.log10(np.percentile(power, 90) + 1e-12) + QUIET_DB


def part_at_pauses(heard: list[Heard], silent: np.ndarray) -> None:
    """Moves the ends beside each pause to where its silence is."""
    step = HOP / RATE
    for last, following in zip([None, *heard], [*heard, None], strict=True):
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
    return tuple(map(int, all_runs[np.argmax(np.diff(all_runs)[:, 0])])) if len(all_runs) else (0, 0)


def spread(heard: list[Heard], seconds: float) -> list[Timed]:
    """One entry per sound; those of one letter share its time equally."""
    timeline: list[Timed] = []
    for one in heard:
        edges = np.linspace(min(one.begin, seconds), min(one.end, seconds), len(one.sounds) + 1)
        for sound, begin, end in zip(one.sounds, edges[:-1], edges[1:], strict=True):
            if end > begin:
                timeline.append((sound, float(begin), float(end)))
    return timeline


def rested(utterance: Utterance, rest: float) -> Utterance:
    """With at most `rest` seconds of silence before the first and after the last sound."""
    first, last = utterance.phones[0][1], utterance.phones[-1][2]
    cut = max(0, round((first - rest) * RATE))
    samples = utterance.samples[cut : round((last + rest) * RATE)]
    seconds = len(samples) / RATE
    phones = [(s, b - cut / RATE, min(e - cut / RATE, seconds)) for s, b, e in utterance.phones]
    return replace(utterance, samples=np.ascontiguousarray(samples, np.float32), phones=tuple(phones))
