# SPDX-License-Identifier: GPL-3.0-or-later
"""When each word of a transcript is said, from the sounds that were aligned with the voice.

espeak-ng joins little words and reads numbers out, so its words are not those of the text. Each word of the text is
pronounced alone, and the sounds of all of them are matched with the aligned ones (edit distance, Levenshtein 1966).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.speech_analysis.track import RATE, Word

BAND = 40  # sounds by which the two sequences may be apart, beyond what they differ in length


def words_of(texts: Sequence[str], sounds: Sequence[Sequence[int]], path: np.ndarray, silence: int) -> tuple[Word, ...]:
    """The words `texts`, whose own sounds are `sounds`, with their times in an aligned path (T,) of sounds at 100 Hz.
    Those that have no sound of their own lie where the word before them ends."""
    runs = _runs(path, silence)
    expected = [(sound, number) for number, each in enumerate(sounds) for sound in each]
    spans: dict[int, list[int]] = {}
    for at, run in _matched([sound for sound, _ in expected], [sound for sound, _, _ in runs]):
        _, begin, end = runs[run]
        span = spans.setdefault(expected[at][1], [begin, end])
        span[0], span[1] = min(span[0], begin), max(span[1], end)
    out, last = [], 0
    for number, text in enumerate(texts):
        begin, end = spans.get(number, (last, last))
        begin = max(begin, last)
        last = max(end, begin)
        out.append(Word(text, begin / RATE, last / RATE))
    return tuple(out)


def _runs(path: np.ndarray, silence: int) -> list[tuple[int, int, int]]:
    """(sound, first frame, frame after its last) of each run of a sound."""
    cuts = np.flatnonzero(np.diff(path)) + 1
    begins, ends = [0, *cuts.tolist()], [*cuts.tolist(), len(path)]
    return [(int(path[b]), b, e) for b, e in zip(begins, ends, strict=True) if e > b and path[b] != silence]


def _matched(expected: list[int], found: list[int]) -> list[tuple[int, int]]:
    """(place in `expected`, place in `found`) of all sounds of `found`, in order: the path of least changes."""
    if not expected or not found:
        return []
    width = BAND + abs(len(expected) - len(found))
    rows: list[dict[int, tuple[float, int]]] = []  # of each place in `expected`: place in `found` -> (cost, step)
    above = {j: (float(j), 1) for j in range(min(len(found), width) + 1)}
    for i, sound in enumerate(expected, 1):
        middle = round(i * len(found) / len(expected))
        row: dict[int, tuple[float, int]] = {}
        for j in range(max(0, middle - width), min(len(found), middle + width) + 1):
            choices = [(above[j][0] + 1.0, 2)] if j in above else []
            if j - 1 in row:
                choices.append((row[j - 1][0] + 1.0, 1))
            if j and j - 1 in above:
                choices.append((above[j - 1][0] + (0.0 if found[j - 1] == sound else 1.2), 0))
            row[j] = min(choices) if choices else (float("inf"), 0)
        rows.append(row)
        above = row
    pairs, i, j = [], len(expected), len(found)
    while i and j:
        step = rows[i - 1][j][1]
        if step != 2:
            pairs.append((i - 1, j - 1))
        i, j = i - (step != 1), j - (step != 2)
    return pairs[::-1]
