# SPDX-License-Identifier: GPL-3.0-or-later
"""When each word of a transcript is said."""

import numpy as np
import pytest
from mien.speech_analysis import espeak
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import Word
from mien.speech_analysis.words import words_of

A, B, C, D, SIL = range(5)


def path(*runs: tuple[int, int]) -> np.ndarray:
    return np.array([sound for sound, frames in runs for _ in range(frames)])


def test_sounds_of_words_give_their_times() -> None:
    said = path((SIL, 10), (A, 5), (B, 5), (SIL, 20), (C, 10), (SIL, 5))
    assert words_of(["ab", "c"], [[A, B], [C]], said, SIL) == (Word("ab", 0.1, 0.2), Word("c", 0.4, 0.5))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (((A, 10), (D, 10), (C, 10)), [(0.0, 0.2), (0.2, 0.3)]),  # another sound in context
        (((A, 10), (C, 10)), [(0.0, 0.1), (0.1, 0.2)]),  # one that is swallowed
        (((C, 10),), [(0.0, 0.0), (0.0, 0.1)]),  # a word that is
        (((A, 10), (B, 10), (D, 10), (C, 10)), [(0.0, 0.3), (0.3, 0.4)]),  # one more
    ],
)
def test_a_pronunciation_in_context_differs_a_little(runs, expected) -> None:
    words = words_of(["ab", "c"], [[A, B], [C]], path(*runs), SIL)
    assert words[1].end == expected[1][1] and words[0].end <= words[1].begin
    assert abs(words[0].begin - expected[0][0]) <= 0.1 and abs(words[1].begin - expected[1][0]) <= 0.1


def test_punctuation_has_no_time_of_its_own() -> None:
    words = words_of(["a", "-", "b"], [[A], [], [B]], path((A, 10), (B, 10)), SIL)
    assert [(word.begin, word.end) for word in words] == [(0.0, 0.1), (0.1, 0.1), (0.1, 0.2)]


def test_a_long_text_stays_in_step() -> None:
    draw = np.random.default_rng(0)
    sounds = [draw.permutation(4).tolist() for _ in range(800)]
    runs = [(sound, 3) for word in sounds for sound in [*word, SIL]]
    words = words_of(["w"] * 800, sounds, path(*runs), SIL)
    at = 0
    for number, word in enumerate(words):
        assert abs(word.begin * 100 - at) <= 3, number
        at += 3 * (len(sounds[number]) + 1)


@pytest.mark.skipif(bool(espeak.missing()), reason="needs espeak-ng")
def test_the_words_of_a_recording(recording, transcript) -> None:
    track = recognise_phones(recording, transcript)
    assert [word.text for word in track.words] == transcript.split()
    assert all(0 < word.end - word.begin < 1.0 for word in track.words)
    assert all(a.end <= b.begin for a, b in zip(track.words, track.words[1:], strict=False))
    spoken = sum(word.end - word.begin for word in track.words)
    assert spoken > 0.75 * float(recording.duration)
    longest = max(track.words, key=lambda word: word.end - word.begin)
    assert len(longest.text) >= 6
    moved = track.placed(100, 900)
    assert moved.words[0].begin == pytest.approx(track.words[0].begin + 1.0)
