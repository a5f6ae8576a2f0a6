# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
from mien.speech_analysis.inventory import NUMBER, SIL, SOUNDS
from mien.training.ear.dataset import sped
from mien.training.ear.realignment import REACH, place
from mien.training.speech_corpus.utterance import labels_of

SAID = (("p", 0.20, 0.30), ("a", 0.30, 0.50), ("s", 0.50, 0.62), ("i", 0.90, 1.10))


def moved(seconds: float) -> tuple:
    return tuple((sound, begin + seconds, end + seconds) for sound, begin, end in SAID)


def heard(labels: np.ndarray) -> np.ndarray:
    """(T, sounds) log probabilities of an ear that is fairly sure."""
    score = np.full((len(labels), len(SOUNDS)), np.log(0.2 / len(SOUNDS)))
    score[np.arange(len(labels)), labels] = np.log(0.8)
    return score


def test_times_that_are_off_are_found_again() -> None:
    truth = labels_of(SAID, 130)
    for off in (-0.05, -0.02, 0.0, 0.03, 0.06):
        np.testing.assert_array_equal(place(heard(truth), moved(off)), truth)


def test_a_boundary_moves_no_further_than_it_may() -> None:
    """An ear that hears nothing but silence cannot take a phone away."""
    silent = np.full(130, NUMBER[SIL], np.uint8)
    placed = place(heard(silent), SAID)
    given = labels_of(SAID, 130)
    for sound in ("p", "a", "s", "i"):
        frames, asked = np.flatnonzero(placed == NUMBER[sound]), np.flatnonzero(given == NUMBER[sound])
        assert len(frames) >= 2
        assert abs(frames[0] - asked[0]) <= REACH and abs(frames[-1] - asked[-1]) <= REACH


def test_the_order_is_kept_and_touching_phones_touch() -> None:
    rng = np.random.default_rng(0)
    placed = place(np.log(rng.dirichlet(np.ones(len(SOUNDS)), 130)), SAID)
    runs = placed[np.flatnonzero(np.diff(placed, prepend=255))]
    assert [SOUNDS[n] for n in runs] == [SIL, "p", "a", "s", SIL, "i", SIL]


def test_labels_are_what_sounds_in_the_middle_of_a_frame() -> None:
    labels = labels_of((("p", 0.0, 0.014), ("a", 0.016, 0.036)), 6)
    assert [SOUNDS[n] for n in labels] == ["p", SIL, "a", "a", SIL, SIL]


def test_what_is_played_faster_has_its_labels_where_it_sounds() -> None:
    for factor in (0.85, 1.0, 1.15):
        samples, labels = np.zeros(64000, np.float32), np.zeros(400, np.int64)
        samples[100 * 160 : 130 * 160] = np.sin(np.arange(30 * 160) * 0.5)
        labels[100:130] = NUMBER["a"]
        played, moved = sped(samples, labels, factor)
        assert played.shape == samples.shape and moved.shape == labels.shape
        loud = (played.reshape(-1, 160) ** 2).mean(1) > 0.05
        assert abs(np.flatnonzero(loud)[0] - np.flatnonzero(moved)[0]) <= 1
        assert abs(np.flatnonzero(loud)[-1] - np.flatnonzero(moved)[-1]) <= 1
        assert abs(np.count_nonzero(moved) - 30 / factor) <= 1
