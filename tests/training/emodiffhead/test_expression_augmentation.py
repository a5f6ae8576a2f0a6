# SPDX-License-Identifier: GPL-3.0-or-later
"""Random expressions, and their sum with speech that the rules performed."""

import functools

import numpy as np
from mien.audio.speech import Speech
from mien.channels import ARKIT, INDEX
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.engines.articulation.emotion.swell import swell_at
from mien.engines.emodiffhead.expression import faces
from mien.engines.neural import audio_features
from mien.engines.neural.motion_space import motion_of
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PHONES, PhoneTrack
from mien.training.emodiffhead.expression_augmentation import (
    add_expression,
    posteriors_of,
    random_expression,
    random_face,
)

PHRASE = [("SIL", 0.3), *((phone, 0.15) for phone in ("M", "AA", "P", "IY", "B", "UW", "F", "AE")), ("SIL", 0.36)]
SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.2, 0.2, round(1.86 * 16000)).astype(np.float32))
TRACK = PhoneTrack.from_segments(PHRASE)


@functools.cache
def speech_motion(emotion: str = "neutral") -> np.ndarray:
    direction = Direction.from_json({"emotion": emotion, "temperature": 0.0})
    return motion_of(animate(TRACK, analyse_prosody(SPEECH), direction, SPEECH.duration).resample(25))


def phones() -> np.ndarray:
    return posteriors_of(audio_features.audio_features(TRACK, analyse_prosody(SPEECH), len(speech_motion())))


def test_the_phones_are_read_from_the_audio_features() -> None:
    posteriors = phones()
    assert posteriors.shape == (len(speech_motion()), 40)
    np.testing.assert_allclose(posteriors.sum(1), 1, atol=1e-5)
    assert [PHONES[i] for i in posteriors[[2, 9, 13, 17]].argmax(1)] == ["SIL", "M", "AA", "P"]


def test_random_faces_are_faces_and_no_two_are_alike() -> None:
    rng = np.random.default_rng(0)
    many = np.stack([random_face(rng) for _ in range(400)])
    assert many.min() >= 0 and many.max() <= 1 and (many.max(1) > 0.05).mean() > 0.98
    moved = {name for name, value in zip(ARKIT, many.max(0), strict=True) if value > 0.1}
    assert {"cheekPuff", "mouthSmileLeft", "browDownRight", "tongueOut", "jawLeft"} <= moved
    assert "mouthClose" not in moved
    uneven = np.abs(many[:, INDEX["browDownLeft"]] - many[:, INDEX["browDownRight"]]) > 0.05
    assert 10 < uneven.sum() < 200


def test_a_random_expression_is_one_face_that_comes_and_goes() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        expression = random_expression(rng, 100)
        assert expression.shape == (100, 52)
        assert np.linalg.matrix_rank(expression, tol=1e-6) <= 1
        assert np.abs(np.diff(expression, axis=0)).max() < 0.3


def test_neutral_speech_with_happiness_added_is_happy_speech() -> None:
    """Nearer to what the rules perform for happiness than neutral speech is, by far; the jaw, which opens more in happy
    speech, is left out."""
    neutral, happy = speech_motion(), speech_motion("happy")
    shown = swell_at(np.arange(len(neutral)) / 25, TRACK, analyse_prosody(SPEECH))
    augmented = add_expression(neutral, shown[:, None] * faces(0)[1], phones())
    channels = [i for i, name in enumerate(ARKIT) if name.startswith(("mouthSmile", "cheek", "mouthDimple", "brow"))]
    off, before = (np.abs(motion - happy)[:, channels].mean() for motion in (augmented, neutral))
    assert off < before / 5


def test_lips_that_were_shut_stay_shut_and_others_part_as_they_did() -> None:
    gap, neutral, rng = lip_aperture(), speech_motion(), np.random.default_rng(2)
    before = gap.of(neutral[:, :52].astype(float))
    shut, open_ = before < 0.0006, before > 0.005
    assert shut.sum() >= 3 and open_.sum() >= 3
    for _ in range(40):
        after = gap.of(
            add_expression(neutral, np.tile(random_face(rng), (len(neutral), 1)), phones())[:, :52].astype(float)
        )
        assert after[shut].max() < 0.001
        assert (after[open_] > 0.3 * before[open_]).all()


def test_no_expression_changes_nothing_but_by_rounding() -> None:
    neutral = speech_motion()
    np.testing.assert_allclose(add_expression(neutral, np.zeros((len(neutral), 52)), phones())[:, 52:], neutral[:, 52:])
    assert np.abs(add_expression(neutral, np.zeros((len(neutral), 52)), phones()) - neutral).max() < 0.1
