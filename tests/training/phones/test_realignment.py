# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
from mien.speech_analysis.inventory import NUMBER, SIL, SOUNDS
from mien.training.phones.dataset import resampled
from mien.training.phones.realignment import SHIFT, align
from mien.training.speech_corpus.utterance import labels_of

PHONES = (("p", 0.20, 0.30), ("a", 0.30, 0.50), ("s", 0.50, 0.62), ("i", 0.90, 1.10))


def shifted(seconds: float) -> tuple:
    return tuple((sound, begin + seconds, end + seconds) for sound, begin, end in PHONES)


def scores(labels: np.ndarray) -> np.ndarray:
    """(T, sounds) log probabilities of a recogniser that is fairly sure of these labels."""
    score = np.full((len(labels), len(SOUNDS)), np.log(0.2 / len(SOUNDS)))
    score[np.arange(len(labels)), labels] = np.log(0.8)
    return score


def test_times_that_are_off_are_corrected() -> None:
    truth = labels_of(PHONES, 130)
    for off in (-0.05, -0.02, 0.0, 0.03, 0.06):
        np.testing.assert_array_equal(align(scores(truth), shifted(off)), truth)


def test_a_boundary_moves_no_further_than_it_may() -> None:
    """Where the recogniser finds nothing but silence no phone is lost."""
    silent = np.full(130, NUMBER[SIL], np.uint8)
    aligned = align(scores(silent), PHONES)
    given = labels_of(PHONES, 130)
    for sound in ("p", "a", "s", "i"):
        frames, expected = np.flatnonzero(aligned == NUMBER[sound]), np.flatnonzero(given == NUMBER[sound])
        assert len(frames) >= 2
        assert abs(frames[0] - expected[0]) <= SHIFT and abs(frames[-1] - expected[-1]) <= SHIFT


def test_the_order_is_kept_and_touching_phones_touch() -> None:
    rng = np.random.default_rng(0)
    aligned = align(np.log(rng.dirichlet(np.ones(len(SOUNDS)), 130)), PHONES)
    runs = aligned[np.flatnonzero(np.diff(aligned, prepend=255))]
    assert [SOUNDS[n] for n in runs] == [SIL, "p", "a", "s", SIL, "i", SIL]


def test_labels_are_what_sounds_in_the_middle_of_a_frame() -> None:
    labels = labels_of((("p", 0.0, 0.014), ("a", 0.016, 0.036)), 6)
    assert [SOUNDS[n] for n in labels] == ["p", SIL, "a", "a", SIL, SIL]


def test_resampled_sound_keeps_its_labels_where_it_sounds() -> None:
    for factor in (0.85, 1.0, 1.15):
        samples, labels = np.zeros(64000, np.float32), np.zeros(400, np.int64)
        samples[100 * 160 : 130 * 160] = np.sin(np.arange(30 * 160) * 0.5)
        labels[100:130] = NUMBER["a"]
        played, moved = resampled(samples, labels, factor)
        assert played.shape == samples.shape and moved.shape == labels.shape
        loud = (played.reshape(-1, 160) ** 2).mean(1) > 0.05
        assert abs(np.flatnonzero(loud)[0] - np.flatnonzero(moved)[0]) <= 1
        assert abs(np.flatnonzero(loud)[-1] - np.flatnonzero(moved)[-1]) <= 1
        assert abs(np.count_nonzero(moved) - 30 / factor) <= 1
