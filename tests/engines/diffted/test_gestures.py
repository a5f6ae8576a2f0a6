# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.body.kinematics import forward
from mien.body.skeleton import JOINTS, REST
from mien.direction import Direction
from mien.engines.diffted.gestures import NAMES, gestures
from mien.evaluation.body.gestures import collisions
from mien.performance import Performance
from mien.speak import speak, speak_takes
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.take import read_take


@pytest.fixture(scope="module")
def gestures_of(recording: Speech):
    track, prosody = recognise_phones(recording), analyse_prosody(recording)
    times = np.arange(int(recording.duration * 25)) / 25

    def make(seed: int = 1, head: np.ndarray | None = None, **options):
        still = np.zeros((len(times), 3)) if head is None else head
        return gestures(track, prosody, Direction(seed=seed, **{"gestures": 1.0, **options}), times, still)

    return make


def test_a_seed_is_a_performance(gestures_of) -> None:
    one, again, other = gestures_of(1), gestures_of(1), gestures_of(2)
    assert one.joints.shape[1:] == (len(NAMES), 3) and one.joints.dtype == np.float32 and set(NAMES) <= set(JOINTS)
    np.testing.assert_array_equal(one.joints, again.joints)
    assert np.abs(one.joints - other.joints).max() > 0.05 and one.strokes != other.strokes


def test_nothing_leaps_and_no_hand_is_in_the_body(gestures_of) -> None:
    for seed in range(6):
        found = gestures_of(seed)
        assert np.isfinite(found.joints).all()
        assert np.degrees(np.abs(np.diff(found.joints, axis=0)).max()) < 25  # a frame of 40 ms
        assert not collisions(found).any()
        places, _ = forward(found.joints.astype(float), found.names)
        np.testing.assert_allclose(places["left_foot"], np.tile(REST["left_foot"], (len(found.joints), 1)), atol=1e-9)


def test_hands_that_may_not_move_rest_while_the_body_lives(gestures_of) -> None:
    still, moving = gestures_of(1, hands="none"), gestures_of(1)
    assert still.strokes == () and moving.strokes
    assert 0 < np.abs(np.diff(still.joints, axis=0)).max() < np.abs(np.diff(moving.joints, axis=0)).max()


def test_the_spine_goes_along_with_the_head(gestures_of) -> None:
    frames = len(gestures_of(1).joints)
    turned = np.zeros((frames, 3))
    turned[:, 1] = 0.4
    spine = NAMES.index("chest")
    difference = gestures_of(1, turned).joints[:, spine, 1] - gestures_of(1).joints[:, spine, 1]
    assert (difference > 0.01).all()


def test_silence_has_no_strokes() -> None:
    silent = Speech.from_samples(np.zeros(48000), "silence.wav")
    found = gestures(
        recognise_phones(silent),
        analyse_prosody(silent),
        Direction(gestures=1.0),
        np.arange(75) / 25,
        np.zeros((75, 3)),
    )
    assert found.ends == found.strokes == () and np.isfinite(found.joints).all()


def test_a_take_holds_joints_where_they_are_asked_for(recording: Speech) -> None:
    plain = speak(recording, Direction(), "articulation", Fraction(25))
    take = speak(recording, Direction(gestures=0.8, hands="left"), "articulation", Fraction(25))
    assert plain.joints is None and plain.joint_names == ()
    again = read_take(take.to_bytes())
    np.testing.assert_array_equal(again.joints, take.joints)
    assert again.joint_names == take.joint_names == NAMES
    np.testing.assert_array_equal(take.weights, plain.weights)
    assert take.resample(30).joints.shape[0] == take.resample(30).frames


def test_tags_of_a_transcript_are_not_spoken_and_their_emotions_gesture(recording: Speech, transcript: str) -> None:
    plain = speak(recording, Direction(gestures=1.0, transcript=transcript), "articulation", Fraction(25))
    tagged = Direction(gestures=1.0, transcript=f"[sad 1] {transcript}")
    sad = speak(recording, tagged, "articulation", Fraction(25))
    keyed = Direction.from_json({"gestures": 1.0, "transcript": transcript, "emotion": {"sad": 1.0}})
    asked = speak(recording, keyed, "articulation", Fraction(25))
    assert np.abs(sad.joints - plain.joints).max() > 0.01

    def hands(take) -> float:
        places, _ = forward(take.joints.astype(float), take.joint_names)
        return float(np.abs(np.diff(places["right_hand"], axis=0)).sum())

    assert abs(hands(sad) - hands(asked)) < 0.5 * abs(hands(plain) - hands(asked)) + 0.05


def test_the_spine_goes_along_with_the_head_of_a_performance(recording: Speech) -> None:
    direction = Direction(gestures=1.0)
    own = speak(recording, direction, "articulation", Fraction(25))
    turned = replace(own, head_rotation=own.head_rotation + np.float32([0, 0.4, 0]), joints=None, joint_names=())
    performance = Performance(turned, "nonverbal")
    (take,) = speak_takes(recording, direction, [0], "articulation", Fraction(25), performance=performance)
    spine = NAMES.index("chest")
    assert (take.joints[:, spine, 1] - own.joints[:, spine, 1]).mean() > 0.005
