# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthesised speech whose stressed syllables are known: where espeak-ng says each vowel, and which it stresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.speech_analysis.espeak import Synthesised, say_in_process, stresses

PAUSE = 0.45  # s between sentences


@dataclass(frozen=True, eq=False)
class StressedSpeech:
    """stressed (S, 2): begin and end in seconds of each vowel with primary stress, in order."""

    speech: Speech
    stressed: np.ndarray


def spoken(voice: str, sentences: Sequence[str], words_a_minute: int, pitch: int, liveliness: int) -> StressedSpeech:
    """Sentences one after the other by a voice of espeak-ng; what `say_in_process` takes and raises."""
    from scipy.signal import resample_poly

    parts, spans, at = [], [], 0.0
    for sentence in sentences:
        said = say_in_process(voice, sentence, words_a_minute, pitch, liveliness)
        sound = resample_poly(said.samples.astype(float) / 32768, RATE, said.rate)
        spans.extend((at + begin, at + end) for begin, end in stressed_vowels(said, stresses(voice, sentence)))
        parts += [sound, np.zeros(round(PAUSE * RATE))]
        at += (len(sound) + len(parts[-1])) / RATE
    samples = np.clip(np.concatenate(parts), -1, 1).astype(np.float32)
    return StressedSpeech(Speech.from_samples(samples, voice), np.array(spans).reshape(-1, 2))


def stressed_vowels(said: Synthesised, marked: Sequence[tuple[str, bool]]) -> list[tuple[float, float]]:
    """(begin, end) seconds of the phones of `said` that are stressed in `marked`, its symbols with their stress. Where
    the two differ, as where a word is reduced in a sentence, the phone is left out."""
    sounding = [(symbol, begin, end) for symbol, begin, end in _spans(said) if symbol]
    match = SequenceMatcher(None, [symbol for symbol, *_ in sounding], [symbol for symbol, _ in marked], autojunk=False)
    return [
        sounding[block.a + i][1:]
        for block in match.get_matching_blocks()
        for i in range(block.size)
        if marked[block.b + i][1]
    ]


def _spans(said: Synthesised) -> list[tuple[str, float, float]]:
    ends = [begin for _, begin in said.phones[1:]] + [len(said.samples) / said.rate]
    return [(symbol, begin, end) for (symbol, begin), end in zip(said.phones, ends, strict=True)]
