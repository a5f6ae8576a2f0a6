# SPDX-License-Identifier: GPL-3.0-or-later
"""Gestures of voices held out: what is counted, and that the table has a row for each number."""

import mien.evaluation.body.held_out_gestures as module
import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.engines.articulation.accents import accents
from mien.evaluation.body.held_out_gestures import HEAD, cells, distances, known_voices, stress_scores
from mien.evaluation.body.known_stress import StressedSpeech
from mien.speech_analysis import espeak
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import RATE


@pytest.fixture(scope="module")
def analysed(recording: Speech):
    return recognise_phones(recording), analyse_prosody(recording)


def test_strokes_on_the_accents_count_and_strokes_elsewhere_do_not(recording: Speech, analysed) -> None:
    onsets = np.array([accent.onset / RATE for accent in accents(*analysed)])
    there = StressedSpeech(recording, np.stack([onsets, onsets + 0.05], 1))
    nowhere = StressedSpeech(recording, np.array([[1000.0, 1001.0]]))
    found, missed = (stress_scores([(said, analysed)], 0, 1.0) for said in (there, nowhere))
    assert found.strokes > 0
    assert found.planned == 1
    assert found.by_chance < 1
    assert found.visible == missed.visible > 0
    assert found.found >= found.seen > 0
    assert missed.planned == missed.found == missed.seen == missed.by_chance == 0


def test_shuffled_frames_are_farther_than_motion_and_each_number_has_a_row(
    recording: Speech, analysed, monkeypatch
) -> None:
    monkeypatch.setattr(module, "SEEDS", 3)
    apart = distances([analysed, analysed], 0, 1.0, steps=100)
    assert apart.held_out < apart.shuffled
    assert apart.seeds > 0
    rows = cells(stress_scores([(StressedSpeech(recording, np.zeros((0, 2))), analysed)], 0, 1.0), apart)
    assert all(len(row) == len(HEAD) for row in rows)


@pytest.mark.skipif(bool(espeak.missing()), reason=espeak.missing() or "none")
def test_each_known_voice_says_sentences_of_its_own(monkeypatch) -> None:
    monkeypatch.setattr(module, "VOICES", module.VOICES[:2])
    monkeypatch.setattr(module, "SENTENCES", 1)
    done = []
    one, other = known_voices(["A pie.", "Ten ships sailed."], lambda share, name: done.append((share, name)))
    assert done == [(0.5, "en-us+m3"), (1.0, "en-us+f2")]
    assert len(one[0].stressed) == 1 < len(other[0].stressed)
