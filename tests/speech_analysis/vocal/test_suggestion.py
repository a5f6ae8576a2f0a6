# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction
from mien.speech_analysis.vocal.cues import Cues
from mien.speech_analysis.vocal.emotion import PATTERNS, PhraseEmotion
from mien.speech_analysis.vocal.suggestion import MIDDLE, NoVoice, suggest_emotion, suggestion_of
from voices import voice

NOTHING = Cues(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def phrase(begin: float, end: float, arousal: float, what: str = "neutral", confidence: float = 0.6) -> PhraseEmotion:
    shares = {name: 0.4 if name == what else 0.6 / (len(PATTERNS) - 1) for name in PATTERNS}
    return PhraseEmotion(begin, end, arousal, confidence, shares, NOTHING)


def at(keys, time: float) -> float:
    return float(np.interp(time, *zip(*keys, strict=True)))


def test_intensity_holds_through_a_phrase_and_changes_in_the_pause() -> None:
    suggested = suggestion_of([phrase(0.0, 2.0, 0.5), phrase(3.0, 5.0, 1.0)])
    assert [at(suggested.intensity, t) for t in (0.2, 1.8, 3.2, 4.8)] == pytest.approx([MIDDLE, MIDDLE, 1.0, 1.0])
    assert MIDDLE < at(suggested.intensity, 2.5) < 1.0
    times = [time for time, _ in suggested.intensity]
    assert times == sorted(set(times))


def test_what_is_doubted_lies_nearer_to_the_middle() -> None:
    sure, doubted = (suggestion_of([phrase(0.0, 2.0, 0.9, confidence=c)]).intensity[0][1] for c in (0.6, 0.1))
    assert MIDDLE < doubted < sure


def test_emotions_follow_the_phrases_and_neutral_is_none() -> None:
    said = [phrase(0.0, 6.0, 0.7, "angry"), phrase(7.0, 13.0, 0.4, "sad"), phrase(14.0, 24.0, 0.5)]
    suggested = suggestion_of(said)
    assert sorted(suggested.emotions) == ["angry", "sad"]
    assert [at(suggested.emotions["angry"], t) for t in (3, 10, 20)] == [1, 0, 0]
    assert [at(suggested.emotions["sad"], t) for t in (3, 10, 20)] == [0, 1, 0]
    assert suggestion_of([phrase(0.0, 2.0, 0.5)]).emotions == {}


def test_one_odd_short_phrase_does_not_change_what_is_felt() -> None:
    said = [phrase(0.0, 4.0, 0.7, "happy"), phrase(4.3, 4.8, 0.7, "sad"), phrase(5.0, 9.0, 0.7, "happy")]
    assert suggestion_of(said).direction()["emotion"] == {"happy": 1.0}


def test_a_direction_takes_it() -> None:
    suggested = suggest_emotion(voice("shipped"))
    for emotion in (None, "contempt"):
        direction = Direction.from_json(json.dumps(suggested.direction(emotion)))
        assert 0.3 <= min(direction.intensity.values) <= max(direction.intensity.values) <= 1.0
        assert set(direction.emotion) <= set(EMOTIONS)
    assert set(PATTERNS) <= set(EMOTIONS)


def test_the_doubt_is_said() -> None:
    how, what = suggestion_of([phrase(0.0, 2.0, 0.7, "angry"), phrase(3.0, 5.0, 0.4, "angry")]).doubts
    assert "likely" in how and "angry (40%)" in what and "weak guess" in what
    assert "nothing to compare it with" in suggestion_of([phrase(0.0, 2.0, 0.7)]).doubts[0]
    assert "weak guess" in suggestion_of([phrase(0.0, 2.0, 0.7, confidence=0.1)] * 2).doubts[0]


def test_as_json_it_is_whole() -> None:
    found = json.loads(json.dumps(suggest_emotion(voice("shipped")).to_json()))
    assert set(found) == {"phrases", "intensity", "emotions", "shares", "doubts"}
    assert set(found["phrases"][0]) == {"begin", "end", "arousal", "confidence", "emotions", "cues"}


def test_without_a_voice_a_sentence_says_what_is_heard() -> None:
    with pytest.raises(NoVoice, match="No voice is heard in 'sound': the sound is silence"):
        suggest_emotion(Speech.from_samples(np.zeros(16000, np.float32)))
