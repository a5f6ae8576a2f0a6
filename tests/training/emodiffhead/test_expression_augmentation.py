# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces that are drawn, and put on speech that is performed by the rules."""

import functools

import numpy as np
from mien.audio.speech import Speech
from mien.channels import ARKIT, INDEX
from mien.direction import Direction
from mien.engines.articulation.animate import perform
from mien.engines.emodiffhead.expression import faces
from mien.engines.neural.audio_features import heard
from mien.engines.neural.motion_space import motion_of
from mien.heads.lip_gap import lip_gap
from mien.speech_analysis.prosody import listen_to_prosody
from mien.speech_analysis.track import PHONES, PhoneTrack
from mien.training.emodiffhead.expression_augmentation import drawn, posteriors_of, put_on, worn

PHRASE = [("SIL", 0.3), *((phone, 0.15) for phone in ("M", "AA", "P", "IY", "B", "UW", "F", "AE")), ("SIL", 0.36)]
SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.2, 0.2, round(1.86 * 16000)).astype(np.float32))
TRACK = PhoneTrack.from_segments(PHRASE)


@functools.cache
def spoken(emotion: str = "neutral") -> np.ndarray:
    direction = Direction.from_json({"emotion": emotion, "temperature": 0.0})
    return motion_of(perform(TRACK, listen_to_prosody(SPEECH), direction, SPEECH.duration).resample(25))


def phones() -> np.ndarray:
    return posteriors_of(heard(TRACK, listen_to_prosody(SPEECH), len(spoken())))


def test_the_phones_are_found_in_what_is_heard() -> None:
    found = phones()
    assert found.shape == (len(spoken()), 40)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert [PHONES[i] for i in found[[2, 9, 13, 17]].argmax(1)] == ["SIL", "M", "AA", "P"]


def test_a_drawn_face_is_one_and_no_two_are_alike() -> None:
    rng = np.random.default_rng(0)
    many = np.stack([drawn(rng) for _ in range(400)])
    assert many.min() >= 0 and many.max() <= 1 and (many.max(1) > 0.05).mean() > 0.98
    moved = {name for name, value in zip(ARKIT, many.max(0), strict=True) if value > 0.1}
    assert {"cheekPuff", "mouthSmileLeft", "browDownRight", "tongueOut", "jawLeft"} <= moved
    assert "mouthClose" not in moved
    uneven = np.abs(many[:, INDEX["browDownLeft"]] - many[:, INDEX["browDownRight"]]) > 0.05
    assert 10 < uneven.sum() < 200


def test_a_worn_face_is_one_face_that_comes_and_goes() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        found = worn(rng, 100)
        assert found.shape == (100, 52)
        assert np.linalg.matrix_rank(found, tol=1e-6) <= 1
        assert np.abs(np.diff(found, axis=0)).max() < 0.3


def test_speech_without_emotion_that_wears_happiness_is_happy_speech() -> None:
    """Nearer to what the rules perform when asked for happiness than neutral speech is, by far; the jaw, which opens
    more in happy speech, aside."""
    neutral, happy = spoken(), spoken("happy")
    made = put_on(neutral, np.tile(faces(0)[1], (len(neutral), 1)), phones())
    channels = [i for i, name in enumerate(ARKIT) if name.startswith(("mouthSmile", "cheek", "mouthDimple", "brow"))]
    off, before = (np.abs(each - happy)[:, channels].mean() for each in (made, neutral))
    assert off < before / 5


def test_lips_that_were_shut_stay_shut_and_others_part_as_they_did() -> None:
    gap, neutral, rng = lip_gap(), spoken(), np.random.default_rng(2)
    before = gap.of(neutral[:, :52].astype(float))
    shut, open_ = before < 0.0006, before > 0.005
    assert shut.sum() >= 3 and open_.sum() >= 3
    for _ in range(40):
        after = gap.of(put_on(neutral, np.tile(drawn(rng), (len(neutral), 1)), phones())[:, :52].astype(float))
        assert after[shut].max() < 0.001
        assert (after[open_] > 0.3 * before[open_]).all()


def test_nothing_worn_changes_nothing_but_by_rounding() -> None:
    neutral = spoken()
    np.testing.assert_allclose(put_on(neutral, np.zeros((len(neutral), 52)), phones())[:, 52:], neutral[:, 52:])
    assert np.abs(put_on(neutral, np.zeros((len(neutral), 52)), phones()) - neutral).max() < 0.1
